/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright The previrt authors */
/*
 * Rewrites an assembler template for the gas macro pack: what a macro named
 * like an instruction does not catch by itself.
 *
 * Invariants:
 *  - What comes out assembles to the same instructions; pads and table entries
 *    are the macros' business.
 *  - The number of ';' and newlines stays, so that GCC's guess at the
 *    template's size, and with it inlining, does not change. (One more where
 *    a macro is defined that is named like an instruction, and where a section
 *    begins or ends whose sites have other marks.)
 *  - A template that was rewritten is not rewritten again.
 *
 * Knows no GCC.
 */
#ifndef PREVIRT_ASM_TEMPLATE_H
#define PREVIRT_ASM_TEMPLATE_H

#include <stdbool.h>
#include <stddef.h>

#include "asm_count.h"

#ifdef __cplusplus
extern "C" {
#endif

struct asm_template_options {
	bool mode64;		/* 64-bit code, else 32-bit */
	bool basic;		/* '%' and braces mean nothing: asm without
				   operands, top-level asm */
	bool whole;		/* a whole file, with all of the pack; basic as well */
	bool call;		/* call mode: mark what must stay */
	/* What sites have in a section of this name, and at the start; NULL: nothing. */
	unsigned (*marks)(const char *name, size_t size);
	unsigned start_marks;
	const unsigned char *class_off;	/* by enum previrt_class, nonzero:
					   leave alone; NULL: none is off */
	asm_count_teller *counted;	/* of the text as it was; NULL: nobody asks */
};

/* How often each rewrite was made; added to, never cleared. */
struct asm_template_counts {
	unsigned pairs, bytes, prefixes, renames, kept, forced, directives;
};

/*
 * The rewritten template in new memory (free it), or NULL if there is nothing
 * to rewrite. Ends the program if memory runs out.
 */
char *asm_template_rewrite(const char *text,
			   const struct asm_template_options *options,
			   struct asm_template_counts *counts);

/*
 * "previrt_bytes op,0x..,0x.." for the text of one .byte statement (its first
 * word included) that is one sensitive instruction; in new memory, or NULL.
 */
char *asm_template_bytes(const char *statement, bool mode64);

#ifdef __cplusplus
}
#endif

#endif
