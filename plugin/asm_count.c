/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright The previrt authors */
#include "asm_count.h"

#include <stdlib.h>
#include <string.h>

#include "asm_bytes.h"
#include "asm_data.h"

enum {
	RECORDED = 2,		/* of the marks: no pad there */
	SHORTEST_JUMP = 2,	/* of the statements that count, their own bytes */
	SHORTEST_WITH_RIP = 6,
	FARTHEST = 4096		/* more is no count of instructions */
};

/* A text's statements, and where the one is that is looked at. */
struct counting {
	const struct asm_view *view;
	const struct asm_stmt *stmts;
	size_t count, at;
	bool other_mode;	/* code of another mode than the object's gets none */
	struct asm_sections sections;
};

/* (%rip), as the text writes it: its length, or 0. */
static size_t rip_size(const struct asm_view *v, const char *text)
{
	const char *word = v->basic ? "(%rip)" : "(%%rip)";

	return strncmp(text, word, strlen(word)) ? 0 : strlen(word);
}

/* A number, with a sign and blanks ahead of it, that may count bytes of code. */
static bool read_number(const char *text, long *value, const char **behind)
{
	bool minus = *text == '-';
	char *end;

	for (text += *text == '-' || *text == '+'; asm_is_blank(*text); text++)
		;
	*value = (minus ? -1 : 1) * strtol(text, &end, 0);
	for (*behind = end; asm_is_blank(**behind); ++*behind)
		;
	return end != text && *value && *value >= -FARTHEST && *value <= FARTHEST;
}

static bool ends(const char *text)
{
	return !*text || strchr(",;\n#/", *text);
}

/*
 * The bytes from the statement's end (or, if it goes back, from its beginning) to
 * what it means: of 9(%rip) 9; of .+4 what is left behind the statement itself.
 */
static bool find_distance(const struct asm_view *v, const struct asm_stmt *s, long *distance)
{
	for (size_t at = s->start + s->word + !s->word; at < s->end; at++) {
		const char *text = v->text + at, *behind;
		char before = v->text[at - 1];

		if (!asm_is_blank(before) && !strchr(",*$", before))
			continue;
		if (*text == '.') {
			for (text++; asm_is_blank(*text); text++)
				;
			if ((*text != '+' && *text != '-') || !read_number(text, distance, &behind) ||
			    !ends(behind))
				continue;
			*distance -= *distance > 0 ? SHORTEST_JUMP : 0;
			return true;
		}
		if (!strchr("+-0123456789", *text) || !read_number(text, distance, &behind) ||
		    !rip_size(v, behind))
			continue;
		*distance += *distance < 0 ? SHORTEST_WITH_RIP : 0;
		return true;
	}
	return false;
}

static bool is_site(const struct asm_view *v, const struct asm_stmt *s)
{
	uint8_t bytes[ASM_BYTES_MAX];
	size_t count = 0;

	if (asm_data_bytes(v, s, bytes, &count))
		return asm_bytes_match(v->mode64, bytes, count) != 0;
	switch (asm_match_kind(v, s)) {
	case ASM_PLAIN:
		return true;
	case ASM_REGISTER:
		return asm_match_special(v, s);
	default:
		return asm_match_slash(v, s);
	}
}

/* At least so many bytes. */
static long shortest(const struct asm_view *v, const struct asm_stmt *s)
{
	uint8_t bytes[ASM_BYTES_MAX];
	size_t count = 0;

	if (asm_data_bytes(v, s, bytes, &count))
		return count;
	return v->text[s->start] != '.';
}

/*	.code16		.code32		.code64		*/
static bool is_mode(const struct asm_view *v, const struct asm_stmt *s)
{
	return s->word > strlen(".code") && !strncmp(v->text + s->start, ".code", strlen(".code"));
}

/* Behind it stands other code. */
static bool is_border(const struct asm_view *v, const struct asm_stmt *s)
{
	struct asm_sections any = { 0 };

	return is_mode(v, s) || asm_section_see(&any, v->text + s->start, s->end - s->start, s->word);
}

/* The first padded site within the distance, or NULL. */
static const struct asm_stmt *site_within(const struct counting *c, long distance)
{
	const struct asm_stmt *s = c->stmts + c->at;
	long step = distance < 0 ? -1 : 1, left = labs(distance);

	for (s += step; left > 0 && s >= c->stmts && s < c->stmts + c->count; s += step) {
		if (s->start == s->end)
			continue;
		if (is_border(c->view, s))
			return NULL;
		if (is_site(c->view, s))
			return s;
		left -= shortest(c->view, s);
	}
	return NULL;
}

static void tell_of(const struct asm_view *v, const struct asm_stmt *s,
		    const struct asm_stmt *site, asm_count_teller *tell)
{
	char *statement = strndup(v->text + s->start, s->end - s->start);
	char *other = strndup(v->text + site->start, site->end - site->start);

	if (statement && other)
		tell(v->text, s->start, statement, other);
	free(statement);
	free(other);
}

void asm_count_look(const struct asm_view *v, const struct asm_stmt *stmts, size_t count,
		    struct asm_sections sections, asm_count_teller *tell)
{
	struct counting c = { .view = v, .stmts = stmts, .count = count, .sections = sections };

	for (; c.at < count; c.at++) {
		const struct asm_stmt *s = &stmts[c.at], *site;
		long distance;

		if (s->start == s->end ||
		    asm_section_see(&c.sections, v->text + s->start, s->end - s->start, s->word))
			continue;
		if (is_mode(v, s))
			c.other_mode = strncmp(v->text + s->start, v->mode64 ? ".code64" : ".code32", 7) != 0;
		if (v->text[s->start] == '.' || c.other_mode || !c.sections.now.exec ||
		    (c.sections.now.marks & RECORDED) || !find_distance(v, s, &distance))
			continue;
		site = site_within(&c, distance);
		if (site)
			tell_of(v, s, site, tell);
	}
}
