/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/* The bytes of the instructions that the interpreter knows. Intel SDM volume 2,
   appendix A. */
#include "interpret.h"

/* Bytes of an immediate of the operand size: 2 or 4. */
static int decode_z(const struct step *s)
{
	return s->insn.osize == 2 ? 2 : 4;
}

static int decode_immediate_one(const struct step *s, uint8_t reg)
{
	uint8_t op = s->insn.opcode;

	if (op < 0x40)
		return (op & 7) == 4 ? 1 : (op & 7) == 5 ? decode_z(s) : 0;
	if (op >= 0x70 && op < 0x80)
		return 1;
	if (op >= 0xb0 && op < 0xc0)
		return op < 0xb8 ? 1 : s->insn.osize;
	switch (op) {
	case 0x6a: case 0x6b: case 0x80: case 0x83: case 0xa8: case 0xc0: case 0xc1: case 0xc6:
	case 0xcd: case 0xe0: case 0xe1: case 0xe2: case 0xe3: case 0xeb:
		return 1;
	case 0x68: case 0x69: case 0x81: case 0xa9: case 0xc7:
		return decode_z(s);
	case 0xe8: case 0xe9:
		return 4;
	case 0xf6: return reg < 2 ? 1 : 0;
	case 0xf7: return reg < 2 ? decode_z(s) : 0;
	}
	return 0;
}

static int decode_has_modrm(const struct step *s)
{
	uint8_t op = s->insn.opcode;

	if (s->map)
		return op == 0x1f || (op >= 0x40 && op < 0x50) || (op >= 0x90 && op < 0xa0) ||
		       op == 0xa3 || op == 0xab || (op >= 0xae && op < 0xc2);
	if (op < 0x40)
		return (op & 7) < 4;
	return op == 0x63 || op == 0x69 || op == 0x6b || (op >= 0x80 && op < 0x90) ||
	       op == 0xc0 || op == 0xc1 || op == 0xc6 || op == 0xc7 || (op >= 0xd0 && op < 0xd4) ||
	       op == 0xf6 || op == 0xf7 || op == 0xfe || op == 0xff;
}

/* Operands are bytes where bit 0 of the opcode is clear, with exceptions. */
static unsigned decode_size(const struct step *s)
{
	uint8_t op = s->insn.opcode;

	if (s->map)
		return (op & 0xf0) == 0x90 || op == 0xb0 || op == 0xc0 ? 1 : s->insn.osize;
	if ((op >= 0x50 && op < 0x60) || op == 0x68 || op == 0x6a || op == 0x8f)
		return 8;
	if (op == 0x8d || op == 0x63 || op == 0x8c || op >= 0xfe)
		return op == 0xfe ? 1 : s->insn.osize;
	if (op >= 0xb0 && op < 0xc0)
		return op < 0xb8 ? 1 : s->insn.osize;
	return op & 1 ? s->insn.osize : 1;
}

int step_decode(struct step *s, const uint8_t *bytes, size_t size)
{
	struct cursor c = { .bytes = bytes, .size = size };
	struct previrt_insn_bytes match;
	int immediate;

	*s = (struct step){ 0 };
	if (!decode_start(&c, &s->insn, 1, &match, &s->rex) || match.map > 1)
		return 0;
	s->map = match.map;
	if (decode_has_modrm(s))
		decode_modrm(&c, &s->insn, s->rex, 1);
	else
		s->insn.rm = (s->insn.opcode & 7) | (s->rex & 1 ? 8 : 0);
	if (s->map)
		immediate = (s->insn.opcode & 0xf0) == 0x80 ? 4 : s->insn.opcode == 0xba;
	else
		immediate = decode_immediate_one(s, s->insn.reg & 7);
	s->insn.imm = decode_immediate(&c, immediate);
	if (immediate && immediate < 8)
		s->insn.imm = (int64_t)(s->insn.imm << (64 - 8 * immediate)) >> (64 - 8 * immediate);
	s->size = decode_size(s);
	s->insn.len = c.at;
	s->next = previrt_cpu.rip + c.at;
	return !c.bad;
}
