/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * Tells which sensitive instruction it is, from the fields of a decoded instruction or
 * from bytes. It does not know where they come from. Encodings: plugin/insns.tbl
 * (Intel SDM volume 2, AMD APM volume 3).
 */
#ifndef PREVIRT_MATCH_H
#define PREVIRT_MATCH_H

#include <stddef.h>
#include <stdint.h>

/* The fields that tell sensitive instructions apart. */
struct previrt_insn_bytes {
	uint8_t map;	/* 0: one byte; 1: 0F; 2: 0F 38; 3: 0F 3A */
	uint8_t opcode;
	uint8_t has_modrm, modrm;
	uint8_t p66;	/* a 66 prefix is there */
	uint8_t rep;	/* the last of F2, F3 that is there, or 0 */
};

/*
 * The sensitive instruction (enum previrt_op) that these fields encode in
 * 64-bit code (mode64) or 32-bit code, or 0. VEX and EVEX instructions must
 * not be passed: none is sensitive.
 */
int previrt_match(int mode64, const struct previrt_insn_bytes *insn);

/*
 * The same from bytes: legacy and REX prefixes, opcode, ModRM. Returns the op
 * or 0; at op, *modrm_at (if not NULL) is the offset behind the opcode. Reads
 * no byte past size. A list that ends within the opcode is 0.
 */
int previrt_match_bytes(int mode64, const uint8_t *bytes, size_t size,
			size_t *modrm_at);

#endif
