/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright The previrt authors */
/*
 * What a statement of a template says, as far as the rewriter asks. Above each
 * matcher in asm_match.c stands the assembly that it matches.
 */
#ifndef PREVIRT_ASM_MATCH_H
#define PREVIRT_ASM_MATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "asm_lex.h"

/* The text that statements are parts of. */
struct asm_view {
	const char *text;
	bool mode64, basic, whole; /* as in struct asm_template_options */
	bool intel;		/* .intel_syntax is on */
	bool naked;		/* registers have no sign: .intel_syntax noprefix */
};

enum asm_kind {
	ASM_OTHER,
	ASM_PLAIN,	/* a gas macro of that name catches it */
	ASM_REGISTER,	/* mov, push, pop: operands tell */
};

/* The same word, whatever the case of its letters. */
bool asm_match_word(const char *text, size_t size, const char *word);

/* Is the first word this one, alone or with one of these size suffixes? */
bool asm_match_stmt(const struct asm_view *v, const struct asm_stmt *s,
		    const char *name, const char *suffixes);

/* What the first word names. */
enum asm_kind asm_match_kind(const struct asm_view *v, const struct asm_stmt *s);

/* The name of the pack's macro that this word calls, or NULL. */
const char *asm_match_macro(const struct asm_view *v, const char *word, size_t size);

/* Taking the statement apart or quoting it would change its meaning. */
bool asm_match_opaque(const struct asm_view *v, const struct asm_stmt *s);

/* A prefix and, behind a slash, an instruction of kind ASM_PLAIN. */
bool asm_match_slash(const struct asm_view *v, const struct asm_stmt *s);

/* An operand is a control, debug or segment register. */
bool asm_match_special(const struct asm_view *v, const struct asm_stmt *s);

/* A jump or call with selector and offset as numbers, by its short name. */
bool asm_match_far(const struct asm_view *v, const struct asm_stmt *s);

/*
 * A sensitive instruction behind prefixes of gas's own in braces and a blank:
 * sets inner to the instruction, with prefixes by name ahead of it.
 */
bool asm_match_pseudo(const struct asm_view *v, const struct asm_stmt *s,
		      struct asm_stmt *inner);

/* The op of two statements that are one site, or 0. */
int asm_match_pair(const struct asm_view *v, const struct asm_stmt *a,
		   const struct asm_stmt *b);

/*
 * The bytes of a statement that is data as asm_data_bytes knows it, or nothing
 * but prefixes by name, appended to bytes[*count] (at most ASM_BYTES_MAX in
 * all); false if it is something else.
 */
bool asm_match_bytes(const struct asm_view *v, const struct asm_stmt *s,
		     uint8_t *bytes, size_t *count);

/* Does gas take this prefix and this instruction in one statement? */
bool asm_match_fusable(uint8_t prefix, const char *name, size_t size);

#endif
