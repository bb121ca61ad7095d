/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
#include "insn.h"
#include "decode.h"
#include "insns.h"
#include <string.h>

uint8_t decode_byte(struct cursor *c)
{
	if (c->at >= c->size || c->at >= INSN_MAX) {
		c->bad = 1;
		return 0;
	}
	return c->bytes[c->at++];
}

uint64_t decode_immediate(struct cursor *c, int size)
{
	size_t end = c->at + size;
	uint64_t value = 0;

	if (end > c->size || end > INSN_MAX) {
		c->bad = 1;
		return 0;
	}
	while (size--)
		value = value << 8 | c->bytes[c->at + size];
	c->at = end;
	return value;
}

static int decode_is_segment(uint8_t byte, uint8_t *segment)
{
	switch (byte) {
	case 0x26: *segment = INSN_ES; return 1;
	case 0x2e: *segment = INSN_CS; return 1;
	case 0x36: *segment = INSN_SS; return 1;
	case 0x3e: *segment = INSN_DS; return 1;
	case 0x64: *segment = INSN_FS; return 1;
	case 0x65: *segment = INSN_GS; return 1;
	}
	return 0;
}

/* Prefixes in any order, REX only right before the opcode. */
static void decode_prefixes(struct cursor *c, struct insn *insn, int mode64,
			    int *p66, uint8_t *rex)
{
	uint8_t segment;

	*p66 = 0;
	*rex = 0;
	insn->segment = INSN_NO_SEG;
	insn->asize = mode64 ? 8 : 4;
	for (;;) {
		uint8_t byte = decode_byte(c);

		if (c->bad)
			return;
		if (decode_is_segment(byte, &segment)) {
			/* In 64-bit code the other segment prefixes have no effect. */
			if (!mode64 || segment >= INSN_FS)
				insn->segment = segment;
		} else if (byte == 0x66) {
			*p66 = 1;
		} else if (byte == 0x67) {
			insn->asize = mode64 ? 4 : 2;
		} else if (byte == 0xf2 || byte == 0xf3) {
			insn->rep = byte;
		} else if (byte == 0xf0) {
			/* lock: no sensitive instruction can be locked */
		} else if (mode64 && (byte & 0xf0) == 0x40) {
			*rex = byte;
			continue;
		} else {
			c->at--;
			return;
		}
		*rex = 0;
	}
}

static void decode_sib(struct cursor *c, struct insn *insn, uint8_t mod, uint8_t rex)
{
	uint8_t sib = decode_byte(c);
	uint8_t index = ((sib >> 3) & 7) | (rex & 2 ? 8 : 0);

	insn->scale = 1 << (sib >> 6);
	insn->index = index == 4 ? INSN_NO_REG : index;
	insn->base = (sib & 7) | (rex & 1 ? 8 : 0);
	if ((sib & 7) == 5 && mod == 0) {
		insn->base = INSN_NO_REG;
		insn->disp = (int32_t)decode_immediate(c, 4);
	}
}

/* SDM volume 2, table 2-1. LIMIT: the length alone; no base and no index. */
static void decode_address16(struct cursor *c, struct insn *insn, uint8_t mod)
{
	if (mod == 1)
		insn->disp = (int8_t)decode_byte(c);
	else if (mod == 2 || (insn->rm & 7) == 6)
		insn->disp = (int16_t)decode_immediate(c, 2);
}

/* SDM volume 2, tables 2-2 and 2-3. */
void decode_modrm(struct cursor *c, struct insn *insn, uint8_t rex, int mode64)
{
	uint8_t modrm = decode_byte(c);
	uint8_t mod = modrm >> 6;

	insn->has_modrm = 1;
	insn->reg = ((modrm >> 3) & 7) | (rex & 4 ? 8 : 0);
	insn->rm = (modrm & 7) | (rex & 1 ? 8 : 0);
	insn->base = insn->index = INSN_NO_REG;
	insn->scale = 1;
	if (mod == 3)
		return;
	insn->is_memory = 1;
	if (insn->asize == 2) {
		decode_address16(c, insn, mod);
		return;
	}
	if ((modrm & 7) == 4) {
		decode_sib(c, insn, mod, rex);
	} else if ((modrm & 7) == 5 && mod == 0) {
		insn->base = mode64 ? INSN_RIP : INSN_NO_REG;
		insn->disp = (int32_t)decode_immediate(c, 4);
	} else {
		insn->base = insn->rm;
	}
	if (mod == 1)
		insn->disp = (int8_t)decode_byte(c);
	else if (mod == 2)
		insn->disp = (int32_t)decode_immediate(c, 4);
}

/* Returns 1 if the encoding of @op has a ModRM byte. A fixed one counts: it has no operands,
   but it is part of the length. */
static int decode_wants_modrm(uint8_t op, uint8_t map, uint8_t opcode)
{
	for (unsigned i = 0; i < previrt_enc_count; i++) {
		const struct previrt_enc *enc = &previrt_encs[i];

		if (enc->op == op && enc->map == map && enc->opcode == opcode)
			return enc->modrm != PREVIRT_MODRM_none;
	}
	return 0;
}

static int decode_immediate_size(const struct insn *insn, uint8_t map)
{
	if (map == 3)
		return 1;
	if (map)
		return 0;
	switch (insn->opcode) {
	case 0xe4: case 0xe5: case 0xe6: case 0xe7: case 0xcd:
		return 1;
	case 0xca:
		return 2;
	case 0xea: case 0x9a:
		return insn->osize + 2;
	}
	return 0;
}

int decode_start(struct cursor *c, struct insn *insn, int mode64,
		 struct previrt_insn_bytes *match, uint8_t *rex)
{
	int p66;

	*insn = (struct insn){ .base = INSN_NO_REG, .index = INSN_NO_REG, .scale = 1 };
	decode_prefixes(c, insn, mode64, &p66, rex);
	*match = (struct previrt_insn_bytes){ .p66 = p66, .rep = insn->rep };
	insn->osize = *rex & 8 ? 8 : p66 ? 2 : 4;
	match->opcode = decode_byte(c);
	if (match->opcode == 0x0f) {
		match->map = 1;
		match->opcode = decode_byte(c);
		if (match->opcode == 0x38 || match->opcode == 0x3a) {
			match->map = match->opcode == 0x38 ? 2 : 3;
			match->opcode = decode_byte(c);
		}
	}
	insn->opcode = match->opcode;
	if (c->at < c->size) {
		match->has_modrm = 1;
		match->modrm = c->bytes[c->at];
	}
	return !c->bad;
}

int insn_decode(struct insn *insn, const uint8_t *bytes, size_t size, int mode64)
{
	struct cursor c = { .bytes = bytes, .size = size };
	struct previrt_insn_bytes match;
	uint8_t rex;

	if (!decode_start(&c, insn, mode64, &match, &rex))
		return 0;
	insn->op = previrt_match(mode64, &match);
	if (!insn->op)
		return 0;
	if (decode_wants_modrm(insn->op, match.map, match.opcode))
		decode_modrm(&c, insn, rex, mode64);
	insn->imm = decode_immediate(&c, decode_immediate_size(insn, match.map));
	if (c.bad)
		return 0;
	insn->len = c.at;
	return c.at;
}

/* push and pop: 50-5F, FF /6, 8F /0, 68, 6A. */
int insn_decode_push_pop(struct insn *insn, const uint8_t *bytes, size_t size, int mode64)
{
	struct cursor c = { .bytes = bytes, .size = size };
	struct previrt_insn_bytes match;
	uint8_t rex;

	if (!decode_start(&c, insn, mode64, &match, &rex) || match.map)
		return 0;
	if ((match.opcode & 0xf0) == 0x50)
		insn->rm = (match.opcode & 7) | (rex & 1 ? 8 : 0);
	else if (match.opcode == 0xff || match.opcode == 0x8f)
		decode_modrm(&c, insn, rex, mode64);
	else if (match.opcode == 0x68)
		insn->imm = (int32_t)decode_immediate(&c, 4);
	else if (match.opcode == 0x6a)
		insn->imm = (int8_t)decode_byte(&c);
	else
		return 0;
	if (c.bad)
		return 0;
	insn->len = c.at;
	return c.at;
}

unsigned int insn_fence(const uint8_t *bytes, unsigned int len)
{
	static const uint8_t lfence[] = { 0x0f, 0xae, 0xe8 };

	return len > sizeof(lfence) && !memcmp(bytes + len - sizeof(lfence), lfence,
					       sizeof(lfence)) ? sizeof(lfence) : 0;
}
