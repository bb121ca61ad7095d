/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright The previrt authors */
/*
 * Cuts an assembler template into statements, as gas and GCC would.
 *
 * Knows: separators, labels, comments, quotes, GCC's % escapes and its dialect
 * braces. Does not know what any instruction means.
 * Manual: "Using as", Syntax; "Using the GNU Compiler Collection", Extended
 * Asm; gas's NEWS for '/' as a separator of prefixes.
 */
#ifndef PREVIRT_ASM_LEX_H
#define PREVIRT_ASM_LEX_H

#include <stdbool.h>
#include <stddef.h>

/*
 * One statement of a template. start..end is its text without labels in
 * front, blanks and comments around; start == end if there is none.
 */
struct asm_stmt {
	size_t start, end;
	size_t word;		/* length of the first word: name of the
				   instruction or directive; 0: not a name */
	bool labelled;		/* a label stands in front */
	bool braces;		/* holds a dialect choice {a|b} */
	bool odd;		/* a comment inside, or a GCC punctuation
				   escape such as %; : do not take apart */
};

/*
 * Reads the statement at text[at] and returns the offset behind its separator,
 * or behind the text if it is the last; size is the length of the text. With
 * basic, '%' and braces mean nothing (asm without operands, top-level asm).
 */
size_t asm_lex_next(const char *text, size_t size, size_t at, bool basic,
		    struct asm_stmt *stmt);

/* Is this byte a blank to gas (not a newline)? */
bool asm_is_blank(char c);

/* Can this byte stand in a symbol's or instruction's name? */
bool asm_is_name(char c);

#endif
