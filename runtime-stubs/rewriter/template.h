/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/* Templates: which one an instruction wants, and its bytes. */
#ifndef PREVIRT_TEMPLATE_H
#define PREVIRT_TEMPLATE_H
#include "rewriter.h"

/* The template for @op in @size bytes; @keep: no call can stand there. */
enum rewriter_template template_choose(const struct rewriter_target *target, uint8_t op,
				       unsigned size, int keep);

/* A way out of line for a site of @size bytes, if one fits. */
enum rewriter_template template_choose_call(unsigned size, int keep);

/* What may stand in front of a call or jump of ours; with fs_base its prefix does. */
#define TEMPLATE_FILLER 0x36
#define TEMPLATE_FS 0x64
/* Fillers are followed by: opcode, ModRM 04+digit, SIB 25, four bytes of address. */
#define TEMPLATE_ABSOLUTE 7u
/* ... or, where the prefix has no room: UD1 with %rdi as base and register, and the slot. */
#define TEMPLATE_TRAP "\x0f\xb9\xbf"
#define TEMPLATE_TRAP_MARK 0x50560000u

/* Left as it is, the instruction traps rather than going wrong silently. */
int template_may_trap(uint8_t op);

/*
 * The bytes of the one instruction that @template puts at the start of a site
 * of @size bytes; 0 if it has none. Fillers make it as long as the site, so
 * that a single step passes over both at once; past 15 bytes NOPs follow.
 */
unsigned template_length(enum rewriter_template template, unsigned size);

/* Write @template and NOPs into @out, @size bytes in all. Returns
   template_length. */
unsigned template_write(uint8_t *out, enum rewriter_template template, unsigned size,
			const struct rewriter_target *target, unsigned slot);

/* @size bytes of NOPs. */
void template_nops(uint8_t *out, unsigned size);

#endif
