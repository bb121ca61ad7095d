/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/* What the decoders of this folder share: bytes, prefixes, ModRM. */
#ifndef PREVIRT_INSN_DECODE_H
#define PREVIRT_INSN_DECODE_H
#include "insn.h"
#include "match.h"

struct cursor {
	const uint8_t *bytes;
	size_t size, at;
	int bad;		/* set by an access past the last byte */
};

uint8_t decode_byte(struct cursor *c);
/* @size bytes, zero-extended. */
uint64_t decode_immediate(struct cursor *c, int size);
/* Prefixes and opcode; 0 if they are cut off. */
int decode_start(struct cursor *c, struct insn *insn, int mode64,
		 struct previrt_insn_bytes *match, uint8_t *rex);
/* Decodes the ModRM byte, SIB and the displacement. */
void decode_modrm(struct cursor *c, struct insn *insn, uint8_t rex, int mode64);

#endif
