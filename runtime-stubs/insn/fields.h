/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * Where the fields of any instruction of 64-bit code lie: its length, and the offsets
 * of opcode, ModRM, displacement and immediate. Intel SDM volume 2, chapter 2 and
 * appendix A.
 *
 * Invariants: reads no byte past size, needs no library. Must not know what an
 * instruction does; that is for insn.h and operation.h.
 * LIMIT: no XOP, and no SSE4a insertq and extrq with immediates.
 */
#ifndef PREVIRT_INSN_FIELDS_H
#define PREVIRT_INSN_FIELDS_H
#include <stddef.h>
#include <stdint.h>

struct insn_fields {
	uint8_t len;		/* bytes, prefixes included */
	uint8_t prefixes;	/* bytes of legacy prefixes, ahead of REX */
	uint8_t rex;		/* the REX byte, or 0 */
	uint8_t vex;		/* a VEX or EVEX prefix, which has the registers' high bits */
	uint8_t map;		/* 0: one byte; 1: 0F; 2: 0F 38; 3: 0F 3A */
	uint8_t opcode, opcode_at;
	uint8_t lock;		/* an F0 prefix is there */
	uint8_t p66, p67;	/* a 66 or 67 prefix is there */
	uint8_t segment;	/* 64 or 65, the last of them, or 0 */
	uint8_t modrm, modrm_at;	/* at 0: none */
	uint8_t sib, sib_at;		/* at 0: none */
	uint8_t disp_at, disp_size;	/* bytes: 0, 1 or 4; moffs: 8 or 4 */
	uint8_t imm_at, imm_size;	/* bytes; enter's two count as one of 3 */
};

/* Decodes the instruction at @bytes. Returns its length; 0: the encoding is unknown or @size
   cuts it off. */
int insn_fields(struct insn_fields *fields, const uint8_t *bytes, size_t size);

#endif
