/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright The previrt authors */
#include "gcc-compat.h"

#include "diagnostics.h"
#include "guest_load.h"
#include "pack_text.h"
#include "parts.h"
#include "unit.h"

#if __has_include("stubs_text.h")
#include "stubs_text.h"
#define HAVE_STUBS 1
#endif

struct previrt_options previrt_options;

/*
 * Units that are left alone under all circumstances. Patterns are matched as
 * those of exclude-file are.
 */
static const struct previrt_pattern default_excludes[] = {
	{ "arch/x86/purgatory/*",
	  "Linux runs it between two kernels, on no hypervisor's watch; it is "
	  "linked by itself and embedded as data", NULL },
	/* Where -DBUILD_VDSO is lost, as in a second step after -E. */
	{ "arch/x86/entry/vdso/v[cg]*.c", "Linux's vDSO is user code", NULL },
	{ "arch/x86/entry/vdso/*.S", "Linux's vDSO is user code", NULL },
	{ "arch/x86/entry/vdso/vdso32/*", "Linux's vDSO is user code", NULL },
};

/* Macros whose definition on the command line says the same. */
static const struct previrt_pattern default_macros[] = {
	{ "BUILD_VDSO", "Linux's vDSO is user code", NULL },
};

/* Is this macro (NAME or NAME=VALUE) defined on the command line? Its value,
   "" if it has none, or NULL. */
static const char *find_define(const char *name)
{
	size_t length = strlen(name);

	for (unsigned i = 0; i < save_decoded_options_count; i++) {
		const struct cl_decoded_option *o = &save_decoded_options[i];

		if (o->opt_index != OPT_D || strncmp(o->arg, name, length))
			continue;
		if (!o->arg[length])
			return "";
		if (o->arg[length] == '=')
			return o->arg + length + 1;
	}
	return NULL;
}

/*
 * The names a unit goes by. Two objects may come from one source, so the
 * object's name counts too:
 *	../arch/x86/boot/compressed/string.c	the source, or what a line
 *						marker at its head says it was
 *	arch/x86/purgatory/string.o		-o, if the compiler is told
 *	arch/x86/purgatory/string.c		-dumpdir and -dumpbase
 *	arch/x86/purgatory/string		kbuild's KBUILD_MODFILE
 */
bool unit_fits(const char *glob)
{
	const char *source = num_in_fnames ? in_fnames[0] : NULL;
	const char *modfile = find_define("KBUILD_MODFILE");
	bool fits = arguments_match(glob, source) || arguments_match(glob, asm_file_name) ||
		arguments_match(glob, main_input_filename);

	if (!fits && dump_base_name) {
		char *name = dump_dir_name && dump_base_name[0] != '/' ?
			concat(dump_dir_name, lbasename(dump_base_name), NULL) :
			xstrdup(dump_base_name);

		fits = arguments_match(glob, name);
		free(name);
	}
	if (!fits && modfile) {
		char *name = xstrdup(modfile + (*modfile == '"'));
		char *quote = strchr(name, '"');

		if (quote)
			*quote = 0;
		fits = arguments_match(glob, name);
		free(name);
	}
	return fits;
}

static bool decide_excluded()
{
	if (compat_is_16bit())
		return true;
	for (unsigned i = 0; i < ARRAY_SIZE(default_macros); i++)
		if (find_define(default_macros[i].glob))
			return true;
	for (unsigned i = 0; i < ARRAY_SIZE(default_excludes); i++)
		if (unit_fits(default_excludes[i].glob))
			return true;
	for (const struct previrt_pattern *p = previrt_options.exclude_files; p; p = p->next)
		if (unit_fits(p->glob))
			return true;
	return false;
}

bool unit_is_excluded()
{
	static enum { UNKNOWN, YES, NO } excluded;

	if (excluded == UNKNOWN)
		excluded = decide_excluded() ? YES : NO;
	return excluded == YES;
}

const char *unit_option(size_t index)
{
	const char *argument = NULL;

	for (unsigned i = 0; i < save_decoded_options_count; i++)
		if (save_decoded_options[i].opt_index == index)
			argument = save_decoded_options[i].arg ? save_decoded_options[i].arg : "";
	return argument;
}

bool unit_is_no_assembly()
{
	const char *output = unit_option(OPT_o);
	const char *dot = output ? strrchr(output, '.') : NULL;

	if (dot && (!strcmp(dot, ".s") || !strcmp(dot, ".S")))
		return false;
	return unit_option(OPT_P) || unit_option(OPT_undef);
}

bool unit_has_assembly()
{
	bool only_lto = flag_lto && !in_lto_p && !flag_fat_lto_objects;

	return asm_out_file && !flag_preprocess_only && !flag_syntax_only &&
	       !only_lto && !flag_wpa;
}

/* A text from a file; reports if that fails. */
static void print_file(const char *path)
{
	FILE *file = fopen(path, "r");
	char part[4096];
	size_t size;

	if (!file) {
		plugin_error(708, path, xstrerror(errno));
		return;
	}
	while ((size = fread(part, 1, sizeof(part), file)) > 0)
		fwrite(part, 1, size, asm_out_file);
	if (ferror(file))
		plugin_error(708, path, xstrerror(errno));
	fclose(file);
}

static void print_stubs(const char *name)
{
	const char *text = NULL;

	if (strcmp(name, "native") && strcmp(name, "count")) {
		print_file(name);
		return;
	}
#ifdef HAVE_STUBS
	text = *name == 'n' ? previrt_stubs_native : previrt_stubs_count;
#endif
	if (text)
		fputs(text, asm_out_file);
	else
		plugin_error(709, name);
}

/* Who made this unit's tables, in place of the pack's own word, which knows no digest. */
static void print_maker(const char *digest)
{
	fputs("\t.set .Lpv_maker,1\n\t.macro previrt_maker\n\t.ifndef .Lpv_made\n"
	      "\t.set .Lpv_made,1\n\t.ident \"previrt " PREVIRT_VERSION, asm_out_file);
	/* What is no digest of previrt's could end the string. */
	if (digest && strspn(digest, "0123456789abcdef") == strlen(digest))
		fprintf(asm_out_file, " plugin %s", digest);
	fputs("\"\n\t.endif\n\t.endm\n", asm_out_file);
}

void unit_print_pack()
{
	const struct previrt_options *o = &previrt_options;

	fprintf(asm_out_file, "\t.set .Lpv_policy,%d\n\t.set .Lpv_call,%d\n",
		o->mode == MODE_RECORD ? POLICY_NONE : o->pad, o->mode == MODE_CALL);
	print_maker(o->digest);
	fputs(previrt_pack, asm_out_file);
	if (parts_of_unit())
		fprintf(asm_out_file, "\tprevirt_part %d,%d\n",
			(parts_of_unit() & PART_WIDE) != 0, (parts_of_unit() & PART_RECORD) != 0);
	for (int i = 0; i < PREVIRT_CLASSES; i++)
		if (o->class_off[i])
			fprintf(asm_out_file, "\tprevirt_class_off %s\n",
				previrt_class_names[i]);
	if (o->gc_sections)
		fputs("\t.set .Lpv_ordered,1\n", asm_out_file);
	if (guest_is_loaded())
		fputs("\t.set .Lpv_live,1\n", asm_out_file);
	if (o->mode == MODE_CALL) {
		fprintf(asm_out_file, "\t.set .Lpv_rethunk,%d\n", compat_returns_by_thunk());
		print_stubs(o->stubs);
		fputs("\t.set .Lpv_keep,1\n", asm_out_file);
	}
}
