/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright The previrt authors */
#include "gcc-compat.h"

#include <fnmatch.h>

#include "diagnostics.h"
#include "arguments.h"
#include "guest.h"

const char arguments_help[] =
"previrt: pre-virtualizes what is compiled: pads and records each sensitive\n"
"instruction. Arguments (-fplugin-arg-previrt-NAME[=VALUE]):\n"
"  mode=pad|call|record    pad sites (default); make them calls to stubs; only\n"
"                          record them\n"
"  pad=prefix|nop|none     pad by redundant prefixes (default), by NOPs, not\n"
"  class=+NAME,-NAME,...   classes of instructions on or off; 'all' is every\n"
"                          class; at first all are on\n"
"  exclude-file=GLOB       leave alone units whose source or object fits\n"
"  exclude-function=GLOB   leave alone functions whose name fits\n"
"  record-file=GLOB        record sites there and do not pad them; so do\n"
"                          record-function, and record-section by a section's name\n"
"  wide-file=GLOB          entries of 64 bits, for code that is linked far from the\n"
"                          rest; and wide-section (at first .boot* and the like)\n"
"  gc-sections             a note for each site, that linkers drop with its section\n"
"  stubs=native|count|PATH call mode: the stubs' text (default native)\n"
"  guest=NAME|PATH         a guest file (may be repeated): operations on page\n"
"                          tables and device memory become sites, and liveness\n"
"                          is recorded\n"
"  guest-lines=WORD,...    of guest files, only lines that begin with one of these\n"
"  loads                   with a guest file: loads of page tables too\n"
"  verbose                 say what was rewritten where\n"
"  ignore-version          load into a GCC of another major version\n"
"  digest=HEX              who made the table; the command line changes when the\n"
"                          plugin does\n"
"  help                    print this\n";

/* Sets a member from the value (NULL: none was given); false after an error. */
typedef bool (*option_setter)(struct previrt_options *options, const char *name,
			      const char *value);

static bool bad_value(const char *name, const char *value, const char *values)
{
	plugin_error(702, value, name, values);
	return false;
}

static bool set_mode(struct previrt_options *o, const char *name, const char *value)
{
	if (!strcmp(value, "pad"))
		o->mode = MODE_PAD;
	else if (!strcmp(value, "call"))
		o->mode = MODE_CALL;
	else if (!strcmp(value, "record"))
		o->mode = MODE_RECORD;
	else
		return bad_value(name, value, "pad, call or record");
	return true;
}

static bool set_pad(struct previrt_options *o, const char *name, const char *value)
{
	if (!strcmp(value, "prefix"))
		o->pad = POLICY_PREFIX;
	else if (!strcmp(value, "nop"))
		o->pad = POLICY_NOP;
	else if (!strcmp(value, "none"))
		o->pad = POLICY_NONE;
	else
		return bad_value(name, value, "prefix, nop or none");
	return true;
}

static bool unknown_class(const char *name)
{
	char *list = xstrdup("all");

	for (int i = 0; i < PREVIRT_CLASSES; i++) {
		char *longer = concat(list, " ", previrt_class_names[i], NULL);

		free(list);
		list = longer;
	}
	plugin_error(705, name, list);
	free(list);
	return false;
}

/* "+if", "-all": one item of class=. */
static bool set_one_class(struct previrt_options *o, const char *item)
{
	unsigned char off = *item == '-';
	bool found = false;

	for (int i = 0; i < PREVIRT_CLASSES; i++)
		if (!strcmp(item + 1, "all") || !strcmp(item + 1, previrt_class_names[i])) {
			o->class_off[i] = off;
			found = true;
		}
	return found || unknown_class(item + 1);
}

static bool set_class(struct previrt_options *o, const char *name, const char *value)
{
	char *items = xstrdup(value), *rest = NULL;
	bool good = true;

	for (char *item = strtok_r(items, ",", &rest); item && good;
	     item = strtok_r(NULL, ",", &rest)) {
		if (*item != '+' && *item != '-')
			good = bad_value(name, value, "+NAME or -NAME, separated by commas");
		else
			good = set_one_class(o, item);
	}
	free(items);
	return good;
}

static bool add_pattern(struct previrt_pattern **list, const char *glob)
{
	struct previrt_pattern *p = XCNEW(struct previrt_pattern);

	p->glob = glob;
	while (*list)
		list = &(*list)->next;
	*list = p;
	return true;
}

static bool set_exclude_file(struct previrt_options *o, const char *, const char *value)
{
	return add_pattern(&o->exclude_files, value);
}

static bool set_exclude_function(struct previrt_options *o, const char *, const char *value)
{
	return add_pattern(&o->exclude_functions, value);
}

/* In the order of enum previrt_part_list. */
static const char *const part_names[PARTS_LISTS] = {
	"record-file", "record-function", "record-section", "wide-file", "wide-section"
};

static bool set_part(struct previrt_options *o, const char *name, const char *value)
{
	int list = 0;

	while (strcmp(part_names[list], name))
		list++;
	return add_pattern(&o->parts[list], value);
}

static bool set_stubs(struct previrt_options *o, const char *, const char *value)
{
	o->stubs = value;
	return true;
}

static bool set_guest(struct previrt_options *o, const char *, const char *value)
{
	return add_pattern(&o->guests, value);
}

static bool set_guest_lines(struct previrt_options *o, const char *name, const char *value)
{
	char words[160];

	o->guest_lines = value;
	return guest_words(value, words, sizeof(words)) || bad_value(name, value, words);
}

static bool set_gc_sections(struct previrt_options *o, const char *, const char *)
{
	o->gc_sections = true;
	return true;
}

static bool set_loads(struct previrt_options *o, const char *, const char *)
{
	o->loads = true;
	return true;
}

static bool set_verbose(struct previrt_options *o, const char *, const char *)
{
	o->verbose = true;
	return true;
}

static bool set_ignore_version(struct previrt_options *o, const char *, const char *)
{
	o->ignore_version = true;
	return true;
}

static bool set_digest(struct previrt_options *o, const char *, const char *value)
{
	o->digest = value;
	return true;
}

static bool set_help(struct previrt_options *o, const char *, const char *)
{
	o->help = true;
	return true;
}

static const struct {
	const char *name;
	const char *values;	/* NULL: takes none */
	option_setter set;
} option_table[] = {
	{ "mode", "pad|call|record", set_mode },
	{ "pad", "prefix|nop|none", set_pad },
	{ "class", "+NAME,-NAME", set_class },
	{ "exclude-file", "GLOB", set_exclude_file },
	{ "exclude-function", "GLOB", set_exclude_function },
	{ "record-file", "GLOB", set_part },
	{ "record-function", "GLOB", set_part },
	{ "record-section", "GLOB", set_part },
	{ "wide-file", "GLOB", set_part },
	{ "wide-section", "GLOB", set_part },
	{ "stubs", "native|count|PATH", set_stubs },
	{ "guest", "NAME|PATH", set_guest },
	{ "guest-lines", "WORD,...", set_guest_lines },
	{ "gc-sections", NULL, set_gc_sections },
	{ "loads", NULL, set_loads },
	{ "verbose", NULL, set_verbose },
	{ "ignore-version", NULL, set_ignore_version },
	{ "digest", "HEX", set_digest },
	{ "help", NULL, set_help },
};

static bool parse_one(struct previrt_options *options, const char *name, const char *value)
{
	for (unsigned i = 0; i < ARRAY_SIZE(option_table); i++) {
		if (strcmp(name, option_table[i].name))
			continue;
		if (option_table[i].values && (!value || !*value)) {
			plugin_error(703, name, name, option_table[i].values);
			return false;
		}
		if (!option_table[i].values && value) {
			plugin_error(704, name);
			return false;
		}
		return option_table[i].set(options, name, value);
	}
	plugin_error(701, name);
	return false;
}

bool arguments_parse(struct previrt_options *options, int count,
		   const struct plugin_argument *arguments)
{
	bool good = true;

	options->stubs = "native";
	for (int i = 0; i < count; i++)
		good &= parse_one(options, arguments[i].key, arguments[i].value);
	return good;
}

bool arguments_given(int count, const struct plugin_argument *arguments, const char *name)
{
	for (int i = 0; i < count; i++)
		if (!strcmp(arguments[i].key, name))
			return true;
	return false;
}

bool arguments_match(const char *glob, const char *name)
{
	char *behind_slash;
	bool fits;

	if (!name)
		return false;
	if (!fnmatch(glob, name, 0))
		return true;
	behind_slash = concat("*/", glob, NULL);
	fits = !fnmatch(behind_slash, name, 0);
	free(behind_slash);
	return fits;
}
