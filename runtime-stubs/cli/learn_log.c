/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * See learn_log.h. QEMU's own form is that of its helper for exceptions under
 * -d int (target/i386/tcg/seg_helper.c):
 *     0: v=0e e=0003 i=0 cpl=0 IP=0010:ffffffff81024f3c pc=ffffffff81024f3c ...
 */
#include "learn_log.h"
#include "diag.h"
#include "table.h"
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BLANKS " \t\r\n"

/* Bits of a page fault's error code. Intel SDM volume 3, 4.7. */
enum { FAULT_PRESENT = 1, FAULT_WRITE = 2, FAULT_USER = 4 };

/* What the words of a line said. */
struct learn_words {
	struct learn_fault fault;
	bool other;             /* not a write by the kernel to what is present */
	const char *bad;        /* a word that cannot be understood */
};

unsigned int learn_space(const char *name)
{
	unsigned int space;

	for (space = 1; space < 16; space++)
		if (!strcmp(name, table_space_name(space)))
			return space;
	return 0;
}

static bool learn_number(const char *text, int base, uint64_t *value)
{
	char *end;

	errno = 0;
	*value = strtoull(text, &end, base);
	return isxdigit((unsigned char)*text) && !*end && !errno;
}

/* HEX, 0xHEX, SEGMENT:HEX, NAME+0xHEX or NAME+0xHEX/0xSIZE. */
static bool learn_place(struct learn_place *place, const char *text)
{
	const char *plus = strrchr(text, '+'), *colon = strrchr(text, ':');
	char *number;
	bool good;

	free(place->symbol);
	memset(place, 0, sizeof(*place));
	if (plus && plus > text) {
		number = util_copy(plus + 1);
		number[strcspn(number, "/")] = '\0';
		good = learn_number(number, 16, &place->addr);
		free(number);
		if (good)
			place->symbol = util_printf("%.*s", (int)(plus - text), text);
		return place->given = good;
	}
	return place->given = learn_number(colon ? colon + 1 : text, 16, &place->addr);
}

/* QEMU's v= and e=: only writes by the kernel to what is present count. */
static void learn_qemu(struct learn_words *words, bool vector, const char *value)
{
	uint64_t n;

	if (!learn_number(value, 16, &n))
		return;
	if (vector)
		words->other |= n != 14;
	else
		words->other |= (n & (FAULT_PRESENT | FAULT_WRITE | FAULT_USER)) !=
				(FAULT_PRESENT | FAULT_WRITE);
}

/* NAME=VALUE; names that nobody knows are passed over. */
static void learn_word(struct learn_words *words, const char *name, char *value)
{
	static const char *const places[] = { "ip", "rip", "eip", "pc" };
	struct learn_fault *fault = &words->fault;
	bool good = true;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(places); i++)
		if (!strcasecmp(name, places[i]))
			good = learn_place(&fault->at, value);
	if (!strcmp(name, "caller"))
		good = learn_place(&fault->caller, value);
	else if (!strcmp(name, "space"))
		good = (fault->space = learn_space(value));
	else if (!strcmp(name, "count"))
		good = learn_number(value, 10, &fault->count);
	else if (!strcmp(name, "v") || !strcmp(name, "e"))
		learn_qemu(words, *name == 'v', value);
	if (!good && !words->bad)
		words->bad = value;
}

/* A line of an address alone. */
static void learn_alone(struct learn_words *words, const char *text)
{
	struct learn_place place = { 0 };

	if (learn_place(&place, text))
		words->fault.at = place;
	else
		free(place.symbol);
}

static bool learn_line(struct learn_log *log, char *text, const char *path,
		       size_t number)
{
	struct learn_words words = { .fault = {
		.count = 1, .file = path, .line = number } };
	char *save = NULL, *word, *value;
	size_t others = 0;

	text[strcspn(text, "#")] = '\0';
	for (word = strtok_r(text, BLANKS, &save); word;
	     word = strtok_r(NULL, BLANKS, &save)) {
		value = strchr(word, '=');
		if (value) {
			*value++ = '\0';
			learn_word(&words, word, value);
		} else if (!others++) {
			text = word;
		}
	}
	if (others == 1 && !words.fault.at.given)
		learn_alone(&words, text);
	if (words.fault.at.given && words.bad) {
		diag_error(DIAG_FAULT_LINE, path, "line %zu: '%s' cannot be understood",
			   number, words.bad);
		return false;
	}
	if (words.fault.at.given && !words.other) {
		array_add(&log->faults, words.fault);
		return true;
	}
	log->passed += others > 0;
	free(words.fault.at.symbol);
	free(words.fault.caller.symbol);
	return true;
}

bool learn_read(struct learn_log *log, const char *path)
{
	FILE *file = strcmp(path, "-") ? fopen(path, "r") : stdin;
	char *text = NULL;
	size_t room = 0, number = 0;
	bool good = true;

	if (!file) {
		diag_error(DIAG_OPEN, path, "%s", strerror(errno));
		return false;
	}
	while (good && getline(&text, &room, file) >= 0)
		good = learn_line(log, text, path, ++number);
	if (ferror(file)) {
		diag_error(DIAG_OPEN, path, "%s", strerror(errno));
		good = false;
	}
	free(text);
	if (file != stdin)
		fclose(file);
	return good;
}

void learn_free(struct learn_log *log)
{
	size_t i;

	for (i = 0; i < log->faults.n; i++) {
		free(log->faults.v[i].at.symbol);
		free(log->faults.v[i].caller.symbol);
	}
	free(log->faults.v);
}
