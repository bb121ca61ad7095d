/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
#include "fields.h"
#include "insn.h"

enum {			/* what follows an opcode */
	M = 1,		/* ModRM */
	B = 2,		/* a byte */
	Z = 4,		/* four bytes, two with 66 */
	D = 8,		/* four bytes, whatever the prefixes: a distance */
	W = 16,		/* two bytes */
	X = 32,		/* not in 64-bit code, or dealt with elsewhere */
};

/* SDM volume 2, table A-2, from opcode 40 on. fields_immediate has what depends on prefixes. */
static const uint8_t fields_table[256] = {
	[0x40 ... 0x4f] = X,
	[0x60 ... 0x62] = X, [0x63] = M, [0x64 ... 0x67] = X,
	[0x68] = Z, [0x69] = M | Z, [0x6a] = B, [0x6b] = M | B,
	[0x70 ... 0x7f] = B, [0x80] = M | B, [0x81] = M | Z, [0x82] = X, [0x83] = M | B,
	[0x84 ... 0x8f] = M, [0x9a] = X, [0xa8] = B, [0xa9] = Z, [0xb0 ... 0xb7] = B,
	[0xb8 ... 0xbf] = Z, [0xc0 ... 0xc1] = M | B, [0xc2] = W, [0xc4 ... 0xc5] = X,
	[0xc6] = M | B, [0xc7] = M | Z, [0xc8] = W | B, [0xca] = W, [0xcd] = B, [0xce] = X,
	[0xd0 ... 0xd3] = M, [0xd4 ... 0xd6] = X, [0xd8 ... 0xdf] = M,
	[0xe0 ... 0xe7] = B, [0xe8 ... 0xe9] = D, [0xea] = X, [0xeb] = B,
	[0xf0] = X, [0xf2 ... 0xf3] = X, [0xf6 ... 0xf7] = M, [0xfe ... 0xff] = M,
};

static int fields_one(uint8_t opcode)
{
	static const uint8_t arithmetic[8] = { M, M, M, M, B, Z, X, X };

	return opcode < 0x40 ? arithmetic[opcode & 7] : fields_table[opcode];
}

/* SDM volume 2, table A-3. Opcodes that are not listed have ModRM only. */
static int fields_two(uint8_t opcode)
{
	switch (opcode) {
	case 0x04: case 0x0a: case 0x0c: case 0x24 ... 0x27: case 0x36: case 0x39:
	case 0x3b ... 0x3f:
		return X;
	case 0x05 ... 0x09: case 0x0b: case 0x0e: case 0x30 ... 0x35: case 0x37: case 0x77:
	case 0xa0 ... 0xa2: case 0xa8 ... 0xaa: case 0xc8 ... 0xcf:
		return 0;
	case 0x80 ... 0x8f:
		return D;
	case 0x0f: case 0x70 ... 0x73: case 0xa4: case 0xac: case 0xba: case 0xc2:
	case 0xc4 ... 0xc6:
		return M | B;
	}
	return M;
}

struct fields_cursor {
	const uint8_t *bytes;
	size_t size, at;
	int bad;
};

static uint8_t fields_next(struct fields_cursor *c)
{
	if (c->at >= c->size || c->at >= INSN_MAX) {
		c->bad = 1;
		return 0;
	}
	return c->bytes[c->at++];
}

static void fields_skip(struct fields_cursor *c, uint8_t size)
{
	c->at += size;
	if (c->at > c->size || c->at > INSN_MAX)
		c->bad = 1;
}

/* Returns the first byte that is no prefix. */
static uint8_t fields_prefixes(struct fields_cursor *c, struct insn_fields *f)
{
	for (;;) {
		uint8_t byte = fields_next(c);

		switch (byte) {
		case 0xf0: f->lock = 1; break;
		case 0x66: f->p66 = 1; break;
		case 0x67: f->p67 = 1; break;
		case 0x64: case 0x65: f->segment = byte; break;
		case 0x26: case 0x2e: case 0x36: case 0x3e: case 0xf2: case 0xf3: break;
		case 0x40 ... 0x4f:
			f->rex = byte;
			continue;
		default:
			f->prefixes = c->at - 1 - (f->rex != 0);
			return byte;
		}
		if (c->bad)
			return 0;
		f->rex = 0;	/* the prefix counts only directly before the opcode */
	}
}

/* Opcode and map of an instruction that begins with C4, C5 or 62. */
static int fields_vex(struct fields_cursor *c, struct insn_fields *f, uint8_t byte)
{
	uint8_t map = 1;

	f->vex = byte;
	if (byte == 0xc5) {
		fields_skip(c, 1);
	} else {
		map = fields_next(c) & (byte == 0xc4 ? 31 : 7);
		fields_skip(c, byte == 0xc4 ? 1 : 2);
	}
	f->map = map;
	f->opcode_at = c->at;
	f->opcode = fields_next(c);
	if (map == 1)
		return f->opcode == 0x77 && byte != 0x62 ? 0 : fields_two(f->opcode) & (M | B);
	if (byte == 0x62 && (map == 5 || map == 6))
		return M;
	return map == 2 ? M : map == 3 ? M | B : X;
}

static int fields_opcode(struct fields_cursor *c, struct insn_fields *f)
{
	uint8_t byte = fields_prefixes(c, f);

	if (byte == 0xc4 || byte == 0xc5 || byte == 0x62)
		return f->rex ? X : fields_vex(c, f, byte);
	f->opcode_at = c->at - 1;
	f->opcode = byte;
	if (byte != 0x0f)
		return fields_one(byte);
	f->map = 1;
	f->opcode = fields_next(c);
	if (f->opcode != 0x38 && f->opcode != 0x3a)
		return fields_two(f->opcode);
	f->map = f->opcode == 0x38 ? 2 : 3;
	f->opcode = fields_next(c);
	return f->map == 2 ? M : M | B;
}

/* SDM volume 2, tables 2-2 and 2-3. Moves of control and debug registers have a
   register there, whatever the two bits say. */
static void fields_address(struct fields_cursor *c, struct insn_fields *f)
{
	uint8_t mod, rm;

	f->modrm_at = c->at;
	f->modrm = fields_next(c);
	mod = f->modrm >> 6;
	rm = f->modrm & 7;
	if (mod == 3 || (f->map == 1 && !f->vex && f->opcode >= 0x20 && f->opcode <= 0x23))
		return;
	if (rm == 4) {
		f->sib_at = c->at;
		f->sib = fields_next(c);
		rm = f->sib & 7;
	}
	f->disp_size = mod == 1 ? 1 : mod == 2 || rm == 5 ? 4 : 0;
	if (f->disp_size)
		f->disp_at = c->at;
	fields_skip(c, f->disp_size);
}

static uint8_t fields_immediate(const struct insn_fields *f, int follows)
{
	int wide = f->rex & 8;

	if (!f->map && f->opcode >= 0xb8 && f->opcode <= 0xbf && wide)
		return 8;
	/* test, of the group of not, neg, mul and div */
	if (!f->map && (f->opcode & 0xfe) == 0xf6 && !f->vex && !(f->modrm & 0x30))
		follows |= f->opcode == 0xf6 ? B : Z;
	return (follows & B ? 1 : 0) + (follows & W ? 2 : 0) + (follows & D ? 4 : 0) +
	       (follows & Z ? (f->p66 && !wide ? 2 : 4) : 0);
}

int insn_fields(struct insn_fields *f, const uint8_t *bytes, size_t size)
{
	struct fields_cursor c = { .bytes = bytes, .size = size };
	int follows;

	*f = (struct insn_fields){ 0 };
	follows = fields_opcode(&c, f);
	if (c.bad || follows & X)
		return 0;
	if (follows & M)
		fields_address(&c, f);
	if (!f->map && !f->vex && f->opcode >= 0xa0 && f->opcode <= 0xa3) {
		f->disp_at = c.at;
		f->disp_size = f->p67 ? 4 : 8;
		fields_skip(&c, f->disp_size);
	}
	/* 8F /0 is pop. With another digit it is XOP. */
	if (!f->map && !f->vex && f->opcode == 0x8f && f->modrm & 0x38)
		return 0;
	f->imm_size = fields_immediate(f, follows);
	f->imm_at = f->imm_size ? c.at : 0;
	fields_skip(&c, f->imm_size);
	if (c.bad)
		return 0;
	f->len = c.at;
	return f->len;
}
