/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/* Reads the lines of a guest file about moving the kernel; docs/adding-a-guest.md has the
   format. Lines of other kinds are skipped. */
#include "relocator.h"
#include <string.h>

struct facts_word {
	const char *at;
	size_t length;
};

struct facts_line {
	const char *at, *end;
};

static int facts_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

static struct facts_word facts_next(struct facts_line *line)
{
	struct facts_word word;

	while (line->at < line->end && facts_blank(*line->at))
		line->at++;
	word.at = line->at;
	if (line->at < line->end && *line->at == '#')
		line->at = line->end;
	else
		while (line->at < line->end && !facts_blank(*line->at))
			line->at++;
	word.length = word.at < line->end && *word.at != '#' ? (size_t)(line->at - word.at) : 0;
	return word;
}

static int facts_is(struct facts_word word, const char *text)
{
	return word.length == strlen(text) && !memcmp(word.at, text, word.length);
}

/* Decimal, or hexadecimal after 0x; 0 if it is not a number. */
static int facts_number(struct facts_word word, uint64_t *value)
{
	int hex = word.length > 2 && word.at[0] == '0' && (word.at[1] | 32) == 'x';

	*value = 0;
	for (size_t i = hex ? 2 : 0; i < word.length; i++) {
		char c = word.at[i];
		int digit = c >= '0' && c <= '9' ? c - '0' :
			    (c | 32) >= 'a' && (c | 32) <= 'f' ? (c | 32) - 'a' + 10 : 16;

		if (digit >= (hex ? 16 : 10) || *value >> 60)
			return 0;
		*value = *value * (hex ? 16 : 10) + (uint64_t)digit;
	}
	return word.length > 0;
}

static const struct {
	const char *word;
	uint8_t kind, area, number;	/* area, number: 1 if the line has one before the names */
} facts_kinds[] = {
#define PLACE(kind, word, area, number) { word, RELOCATOR_FACT_##kind, area, number },
#include "places.def"
#undef PLACE
};

static int facts_place(struct relocator_facts *facts, struct facts_line *line)
{
	struct facts_word word = facts_next(line), area = { NULL, 0 }, name;
	struct relocator_fact fact = { 0 };
	size_t i = 0;

	if (facts_is(word, "user-end"))
		return facts_number(facts_next(line), &facts->user_end);
	while (i < sizeof(facts_kinds) / sizeof(*facts_kinds) &&
	       !facts_is(word, facts_kinds[i].word))
		i++;
	if (i == sizeof(facts_kinds) / sizeof(*facts_kinds))
		return 0;
	if (facts_kinds[i].area)
		area = facts_next(line);
	if (facts_kinds[i].number && !facts_number(facts_next(line), &fact.number))
		return 0;
	fact.kind = facts_kinds[i].kind;
	if (fact.kind == RELOCATOR_FACT_BASE && facts_is(area, "relocations"))
		fact.kind = RELOCATOR_FACT_LOADER;
	fact.area = area.at;
	fact.area_length = area.length;
	name = facts_kinds[i].area && facts_kinds[i].number ? area : facts_next(line);
	for (; name.length; name = facts_next(line)) {
		if (facts->count == RELOCATOR_NAMES)
			return 0;
		fact.name = name.at;
		fact.length = name.length;
		facts->facts[facts->count++] = fact;
	}
	return fact.length > 0;
}

/* The native address of an area. The image's area must have one. */
static int facts_constant(struct relocator_facts *facts, struct facts_line *line)
{
	struct relocator_fact fact = { .kind = RELOCATOR_FACT_CONSTANT };
	struct facts_word name = facts_next(line);

	if (!facts_number(facts_next(line), &fact.number) || facts->count == RELOCATOR_NAMES)
		return 0;
	if (facts_is(name, "kernel_map"))
		facts->kernel_map = fact.number;
	fact.name = fact.area = name.at;
	fact.length = fact.area_length = name.length;
	facts->facts[facts->count++] = fact;
	return 1;
}

static int facts_line(struct relocator_facts *facts, struct facts_line line)
{
	struct facts_word word = facts_next(&line);

	if (facts_is(word, "place"))
		return facts_place(facts, &line);
	if (facts_is(word, "constant"))
		return facts_constant(facts, &line);
	return 1;
}

enum relocator_status relocator_read_facts(struct relocator_facts *facts, const char *text,
					   size_t size)
{
	const char *end = text + size;

	*facts = (struct relocator_facts){ 0 };
	while (text < end) {
		const char *stop = memchr(text, '\n', (size_t)(end - text));
		struct facts_line line = { text, stop ? stop : end };

		facts->error_line++;
		if (!facts_line(facts, line))
			return RELOCATOR_FACTS;
		text = line.end + 1;
	}
	facts->error_line = 0;
	return facts->kernel_map ? RELOCATOR_DONE : RELOCATOR_FACTS;
}
