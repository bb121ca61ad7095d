/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright The previrt authors */
/*
 * Templates of which the compiler knows that they touch a page table or a
 * device: their instructions become sites of the memory class.
 *
 * Invariants: those of asm_template.h. Knows no GCC.
 */
#ifndef PREVIRT_ASM_MEMORY_H
#define PREVIRT_ASM_MEMORY_H

#include <stdbool.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What is known of a template's memory operand. */
struct asm_memory {
	const char *space;	/* pte ... pgd, mmio */
	const char *mov;	/* what a mov is: "store", "load", NULL: not it */
	unsigned width;		/* bytes; 0: by the mnemonic's suffix, or unknown */
	bool basic;		/* as in struct asm_template_options */
	bool fills;		/* calls and string instructions count, nothing else */
};

/*
 * The template with each instruction of the kinds mov, xchg, cmpxchg, bit
 * operation, locked or unlocked arithmetic and string move (or, with fills, each
 * string move and call) as a site; in new memory (free it), or NULL if there is none or it was rewritten before. An
 * instruction that touches registers only must not be in it.
 */
char *asm_memory_rewrite(const char *text, const struct asm_memory *memory);

enum asm_sites { ASM_SITES_NONE, ASM_SITES_ALONE, ASM_SITES_AMONG };

/*
 * Does a rewritten template hold sites: none, one that is its only
 * instruction, or some among others?
 */
enum asm_sites asm_memory_count(const char *text, bool basic, bool mode64);

#ifdef __cplusplus
}
#endif

#endif
