/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright The previrt authors */
#include "asm_directive.h"

#include <stdio.h>
#include <string.h>

/* The first word of the operands. */
static const char *operand(const struct asm_view *v, const struct asm_stmt *s, size_t *size)
{
	size_t at = s->start + s->word, end;

	while (at < s->end && asm_is_blank(v->text[at]))
		at++;
	for (end = at; end < s->end && asm_is_name(v->text[end]); end++)
		;
	*size = end - at;
	return v->text + at;
}

/*
 *	.code32	->	previrt_code 32
 */
static bool see_code(const struct asm_view *v, const struct asm_stmt *s, char *text)
{
	static const char *const bits[] = { "16", "16gcc", "32", "64" };

	for (size_t i = 0; i < sizeof(bits) / sizeof(bits[0]); i++) {
		char name[12];

		snprintf(name, sizeof(name), ".code%s", bits[i]);
		if (!asm_match_stmt(v, s, name, "") || s->start + s->word != s->end)
			continue;
		snprintf(text, ASM_DIRECTIVE_SIZE, "previrt_code %s", bits[i]);
		return true;
	}
	return false;
}

/* What stands for a syntax already. */
static void see_written(struct asm_view *v, const struct asm_stmt *s)
{
	size_t size;
	const char *name = operand(v, s, &size);

	if (!asm_match_stmt(v, s, "previrt_syntax", ""))
		return;
	v->intel = asm_match_word(name, size, "intel");
	v->naked = !memcmp(v->text + s->end - 8, "noprefix", 8);
}

/*
 *	.intel_syntax noprefix	->	previrt_syntax intel,noprefix
 */
static bool see_syntax(struct asm_view *v, const struct asm_stmt *s, char *text)
{
	bool intel = asm_match_stmt(v, s, ".intel_syntax", "");
	const char *sign;
	size_t size;

	if (!intel && !asm_match_stmt(v, s, ".att_syntax", ""))
		return false;
	sign = operand(v, s, &size);
	if (sign + size != v->text + s->end)
		return false;
	v->intel = intel;
	v->naked = asm_match_word(sign, size, "noprefix");
	snprintf(text, ASM_DIRECTIVE_SIZE, "previrt_syntax %s,%s", intel ? "intel" : "att",
		 v->naked ? "noprefix" : "prefix");
	return true;
}

/* The macro of the pack's that this statement would define again, or NULL. */
static const char *own(const struct asm_view *v, const struct asm_stmt *s)
{
	const char *name;
	size_t size;

	if (!asm_match_stmt(v, s, ".macro", ""))
		return NULL;
	name = operand(v, s, &size);
	return asm_match_macro(v, name, size);
}

bool asm_directive_is_own(const struct asm_view *v, const struct asm_stmt *s)
{
	return own(v, s) != NULL;
}

/*
 *	.macro rdtsc	->	previrt_own rdtsc;.macro rdtsc
 * gas takes no second definition; the source's own is to be taken.
 */
static bool see_own(const struct asm_view *v, const struct asm_stmt *s, char *text)
{
	const char *name = own(v, s);
	size_t size;

	if (!name)
		return false;
	size = snprintf(text, ASM_DIRECTIVE_SIZE, "previrt_own %s;", name);
	return s->start < size || memcmp(v->text + s->start - size, text, size);
}

bool asm_directive_see(struct asm_view *v, const struct asm_stmt *s, char *text)
{
	see_written(v, s);
	return v->text[s->start] == '.' &&
	       (see_code(v, s, text) || see_syntax(v, s, text) || see_own(v, s, text));
}
