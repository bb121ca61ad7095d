/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright The previrt authors */
/*
 * A .S file as the preprocessor has written it: what no macro can catch is
 * rewritten before the assembler reads it, as in templates (asm_template.c).
 * The compiler writes to a file, which is changed when it is complete; or to
 * standard output, which is a temporary file until then.
 */
#include "gcc-compat.h"

#include "asm_template.h"
#include "diagnostics.h"
#include "parts.h"
#include "passes.h"
#include "unit.h"

static const char *path;	/* NULL: standard output */
static FILE *held;		/* in whose place */
static int standard_output = -1;

void pass_text_start()
{
	path = unit_option(OPT_o);
	if (path && !strcmp(path, "-"))
		path = NULL;
	if (path)
		return;
	fflush(stdout);
	held = tmpfile();
	standard_output = dup(STDOUT_FILENO);
	if (!held || standard_output < 0 || dup2(fileno(held), STDOUT_FILENO) < 0)
		fatal_error(UNKNOWN_LOCATION, "previrt: a temporary file: %s", xstrerror(errno));
}

/* All of a file, with a zero behind it. */
static char *read_all(FILE *file)
{
	size_t size = 0, room = 1 << 16, part;
	char *text = XNEWVEC(char, room);

	rewind(file);
	while ((part = fread(text + size, 1, room - size - 1, file)) > 0) {
		size += part;
		if (room - size < room / 4)
			text = XRESIZEVEC(char, text, room *= 2);
	}
	text[size] = 0;
	return text;
}

static void write_all(FILE *file, const char *text)
{
	if (!file || fputs(text, file) < 0 || fclose(file))
		fatal_error(UNKNOWN_LOCATION, "previrt: %s: %s", path ? path : "standard output",
			    xstrerror(errno));
}

/* A note with the line and name that the preprocessor's markers (# 7 "file.S") give. */
static void tell_counted(const char *text, size_t at, const char *statement, const char *site)
{
	const char *line = text, *name = NULL, *end;
	int number = 0, size = 0;

	for (; (end = strchr(line, '\n')) && end < text + at; line = end + 1, number++)
		if (line[0] == '#' && line[1] == ' ' && ISDIGIT(line[2])) {
			name = strchr(line, '"');
			size = name ? strcspn(name + 1, "\"\n") : 0;
			number = atoi(line + 2) - 1;
		}
	if (name)
		fprintf(stderr, "%.*s:%d: ", size, name + 1, number);
	fprintf(stderr, "note: previrt: PV717: ");
	fprintf(stderr, plugin_text(717), statement, site);
	fputc('\n', stderr);
}

/* Are sites padded? The first line on it is that of pack.h. */
static bool has_pads(const char *text)
{
	static const char policy[] = ".set .Lpv_policy,";
	const char *set = strstr(text, policy);

	return !set || atoi(set + strlen(policy)) != POLICY_NONE;
}

/* The last line of the pack, in front of the file's own text. */
static const char behind_pack[] = "\n.set .Lpv_ready,1\n";

/*
 * What stands behind the pack, rewritten; NULL: nothing is. Where there are
 * sections of groups, entries are to go with them.
 */
static char *rewrite(char *text)
{
	char *own = strstr(text, behind_pack), *changed, *whole;
	bool group;
	struct asm_template_options o = {};
	struct asm_template_counts counts = {};

	if (!own)
		return NULL;
	own += sizeof(behind_pack) - 1;
	o.mode64 = compat_is_64bit();
	o.basic = o.whole = true;
	o.class_off = previrt_options.class_off;
	o.marks = parts_of_section;
	o.counted = has_pads(text) ? tell_counted : NULL;
	o.start_marks = parts_of_unit();
	changed = asm_template_rewrite(own, &o, &counts);
	group = strstr(own, ",comdat") != NULL;
	if (!changed && !group)
		return NULL;
	if (!changed)
		changed = xstrdup(own);
	*own = 0;
	whole = concat(text, group ? "\t.set .Lpv_group,1\n" : "", changed, NULL);
	free(changed);
	return whole;
}

void pass_text_finish()
{
	FILE *from = path ? fopen(path, "r") : held;
	char *text, *changed;

	if (!from || seen_error())
		return;
	text = read_all(from);
	fclose(from);
	changed = rewrite(text);
	if (!path)
		write_all(fdopen(standard_output, "w"), changed ? changed : text);
	else if (changed)
		write_all(fopen(path, "w"), changed);
	free(changed);
	free(text);
}
