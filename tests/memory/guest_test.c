/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * guest_test [--lines=WORD,...] FILE...: reads guest files with the plugin's own
 * reader and prints what is in it, an entry a line:
 *	LINE KIND VALUE FLAGS NAME
 * or on an error "LINE: PVnnn: WORD: WANTED"; exit 0, 1 on an error.
 */
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "guest.h"

static const char *const kinds[GUEST_KINDS] = {
	[GUEST_TYPE] = "type", [GUEST_POINTER] = "pointer", [GUEST_ACCESSOR] = "accessor",
	[GUEST_FILL] = "fill",
	[GUEST_DEVICE] = "device", [GUEST_HOOK] = "hook", [GUEST_LEAVE_FILE] = "leave-file",
	[GUEST_LEAVE_FUNCTION] = "leave-function", [GUEST_CONSTANT] = "constant",
	[GUEST_PLACE] = "place",
};

static void print_entry(const struct guest_entry *e)
{
	printf("%u %s ", e->line, kinds[e->kind]);
	if (e->kind == GUEST_CONSTANT || (e->kind == GUEST_PLACE && e->number))
		printf("0x%llx", e->number);
	else if (e->kind == GUEST_HOOK)
		printf("%s", guest_meaning_name(e->value));
	else if (e->kind <= GUEST_FILL)
		printf("%s", guest_level_name(e->value));
	else
		printf("%u", e->value);
	printf(" %s%s%s- %s", e->write ? "w" : "", e->string ? "s" : "", e->exit ? "x" : "",
	       e->name);
	if (e->at)
		printf(" at %u", e->at);
	putchar('\n');
}

static const char *read_text(const char *path)
{
	static char text[1 << 16];
	FILE *file = fopen(path, "r");

	if (!file)
		err(2, "%s", path);
	text[fread(text, 1, sizeof(text) - 1, file)] = 0;
	fclose(file);
	return text;
}

int main(int argc, char **argv)
{
	struct guest_error error;
	struct guest guest = { 0 };
	const char *lines = NULL;
	char words[160];
	bool good = true;
	int i = 1;

	if (argc > 1 && !strncmp(argv[1], "--lines=", 8))
		lines = argv[i++] + 8;
	if (i >= argc)
		errx(2, "usage: guest_test [--lines=WORD,...] FILE...");
	if (lines && !guest_words(lines, words, sizeof(words))) {
		printf("%s: %s\n", lines, words);
		return 1;
	}
	for (; i < argc && good; i++)
		good = guest_parse(read_text(argv[i]), &guest, &error);
	if (lines)
		guest_select(&guest, lines);
	for (int kind = 0; kind < GUEST_KINDS; kind++)
		for (const struct guest_entry *e = guest.entries[kind]; e; e = e->next)
			print_entry(e);
	if (!good)
		printf("%u: PV%d: %s: %s\n", error.line, error.diagnostic, error.word, error.wanted);
	guest_free(&guest);
	return !good;
}
