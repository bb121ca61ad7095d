/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * Decodes one sensitive instruction, operands included.
 *
 * Invariants: reads no byte past size, needs no library. Knows the sensitive
 * set only (plugin/insns.tbl); must not know registers' contents or memory.
 * Encoding: Intel SDM volume 2, chapter 2.
 */
#ifndef PREVIRT_INSN_H
#define PREVIRT_INSN_H
#include <stddef.h>
#include <stdint.h>

#define INSN_MAX 15
#define INSN_NO_REG 0xff
#define INSN_RIP 0x10		/* as base: the next instruction's address */

enum insn_seg { INSN_ES, INSN_CS, INSN_SS, INSN_DS, INSN_FS, INSN_GS, INSN_NO_SEG };

struct insn {
	uint8_t op;		/* enum previrt_op, 0: not sensitive */
	uint8_t len;		/* bytes, prefixes included */
	uint8_t osize;		/* operand size in bytes by prefixes: 2, 4 or 8 */
	uint8_t asize;		/* address size in bytes: 8, 4 or 2 */
	uint8_t opcode;		/* last byte of it */
	uint8_t rep;		/* F2, F3 or 0 */
	uint8_t segment;	/* enum insn_seg of the memory operand */
	uint8_t has_modrm, is_memory;
	uint8_t reg;		/* ModRM.reg with REX.R */
	uint8_t rm;		/* register operand with REX.B */
	uint8_t base, index;	/* of the memory operand; INSN_NO_REG: none */
	uint8_t scale;		/* 1, 2, 4, 8 */
	int32_t disp;
	uint64_t imm;
};

/*
 * The instruction at @bytes. Returns its length, or 0 if it is not sensitive,
 * not known or cut off by @size. @mode64: 64-bit code, else 32-bit.
 */
int insn_decode(struct insn *insn, const uint8_t *bytes, size_t size, int mode64);

/*
 * Decodes a push or pop of a register, of memory or of an immediate, which is no sensitive
 * instruction: a part of a fused pair. Returns its length, or 0 for other opcodes; of FF and 8F
 * the caller looks at the digit.
 */
int insn_decode_push_pop(struct insn *insn, const uint8_t *bytes, size_t size, int mode64);

/*
 * Of a site's @len bytes, those of an lfence at the end, 3 or 0: gas's
 * -mlfence-after-load puts one behind what reads memory, and before the site's end.
 * incssp %rax ends in the same bytes.
 */
unsigned int insn_fence(const uint8_t *bytes, unsigned int len);

#endif
