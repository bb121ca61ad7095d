/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/* Shared by the decoders of this folder: bytes, prefixes, ModRM. */
#ifndef PREVIRT_INSN_DECODE_H
#define PREVIRT_INSN_DECODE_H
#include "insn.h"
#include "match.h"

struct cursor {
	const uint8_t *bytes;
	size_t size, at;
	int bad;		/* more bytes were requested than there are */
};

uint8_t decode_byte(struct cursor *c);
/* @size bytes, not extended. */
uint64_t decode_immediate(struct cursor *c, int size);
/* Prefixes and opcode; 0 if they are cut off. */
int decode_start(struct cursor *c, struct insn *insn, int mode64,
		 struct previrt_insn_bytes *match, uint8_t *rex);
/* The ModRM byte and what belongs to it. */
void decode_modrm(struct cursor *c, struct insn *insn, uint8_t rex, int mode64);

#endif
