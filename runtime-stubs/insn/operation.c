/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
#include "operation.h"
#include "decode.h"
#include "vector.h"

/* How an opcode uses its operands. */
enum {
	L = 1 << 0, S = 1 << 1,		/* memory is loaded from, stored to */
	R = 1 << 2,			/* the register is the first operand */
	G = 1 << 3,			/* a group: ModRM.reg tells the operation */
	I8 = 1 << 4, IZ = 1 << 5,	/* an immediate byte, one of 2 or 4 bytes */
	COUNT = 1 << 6, CL = 1 << 7,	/* the immediate is a count; cl is the count */
	BYTE = 1 << 8, FULL = 1 << 9,	/* the size does not follow the opcode's bit 0 */
	STACK = 1 << 10,		/* 8 bytes in 64-bit code */
	IMPLICIT = 1 << 11,		/* no ModRM */
};

static const struct operation_row {
	uint8_t map, first, last;	/* opcodes */
	uint8_t low, high;		/* ModRM.reg */
	uint8_t what;			/* G: with that of @low */
	uint16_t flags;
} rows[] = {
	/* The rows that drivers use most stand first. */
	{ 0, 0x88, 0x89, 0, 7, OPERATION_MOV, S },
	{ 0, 0x8a, 0x8b, 0, 7, OPERATION_MOV, L | R },
	{ 0, 0xc6, 0xc6, 0, 0, OPERATION_MOV, S | I8 },
	{ 0, 0xc7, 0xc7, 0, 0, OPERATION_MOV, S | IZ },
	{ 0, 0x63, 0x63, 0, 7, OPERATION_MOVSX, L | R },
	{ 0, 0x69, 0x69, 0, 7, OPERATION_IMUL, L | R | IZ },
	{ 0, 0x6b, 0x6b, 0, 7, OPERATION_IMUL, L | R | I8 },
	{ 0, 0x80, 0x80, 0, 7, OPERATION_ADD, L | S | G | I8 },
	{ 0, 0x81, 0x81, 0, 7, OPERATION_ADD, L | S | G | IZ },
	{ 0, 0x83, 0x83, 0, 7, OPERATION_ADD, L | S | G | I8 },
	{ 0, 0x84, 0x85, 0, 7, OPERATION_TEST, L },
	{ 0, 0x86, 0x87, 0, 7, OPERATION_XCHG, L | S },
	{ 0, 0x8f, 0x8f, 0, 0, OPERATION_POP, S | STACK },
	{ 0, 0xa4, 0xa5, 0, 7, OPERATION_MOVS, IMPLICIT },
	{ 0, 0xa6, 0xa7, 0, 7, OPERATION_CMPS, IMPLICIT },
	{ 0, 0xaa, 0xab, 0, 7, OPERATION_STOS, IMPLICIT },
	{ 0, 0xac, 0xad, 0, 7, OPERATION_LODS, IMPLICIT },
	{ 0, 0xae, 0xaf, 0, 7, OPERATION_SCAS, IMPLICIT },
	{ 0, 0xc0, 0xc1, 0, 7, OPERATION_ROL, L | S | G | I8 | COUNT },
	{ 0, 0xd0, 0xd1, 0, 7, OPERATION_ROL, L | S | G | COUNT },
	{ 0, 0xd2, 0xd3, 0, 7, OPERATION_ROL, L | S | G | COUNT | CL },
	{ 0, 0xf6, 0xf6, 0, 1, OPERATION_TEST, L | G | I8 },
	{ 0, 0xf7, 0xf7, 0, 1, OPERATION_TEST, L | G | IZ },
	{ 0, 0xf6, 0xf7, 2, 3, OPERATION_NOT, L | S | G },
	{ 0, 0xfe, 0xff, 0, 1, OPERATION_INC, L | S | G },
	{ 0, 0xff, 0xff, 6, 6, OPERATION_PUSH, L | STACK },
	{ 1, 0x40, 0x4f, 0, 7, OPERATION_CMOV, L | R | FULL },
	{ 1, 0x90, 0x9f, 0, 7, OPERATION_SET, S | BYTE },
	{ 1, 0xa3, 0xa3, 0, 7, OPERATION_BT, L },
	{ 1, 0xa4, 0xa4, 0, 7, OPERATION_SHLD, L | S | FULL | I8 | COUNT },
	{ 1, 0xa5, 0xa5, 0, 7, OPERATION_SHLD, L | S | COUNT | CL },
	{ 1, 0xab, 0xab, 0, 7, OPERATION_BTS, L | S },
	{ 1, 0xac, 0xac, 0, 7, OPERATION_SHRD, L | S | FULL | I8 | COUNT },
	{ 1, 0xad, 0xad, 0, 7, OPERATION_SHRD, L | S | COUNT | CL },
	{ 1, 0xaf, 0xaf, 0, 7, OPERATION_IMUL, L | R },
	{ 1, 0xb0, 0xb1, 0, 7, OPERATION_CMPXCHG, L | S },
	{ 1, 0xb3, 0xb3, 0, 7, OPERATION_BTR, L | S },
	{ 1, 0xb6, 0xb7, 0, 7, OPERATION_MOVZX, L | R },
	{ 1, 0xba, 0xba, 4, 7, OPERATION_BT, L | S | G | FULL | I8 },
	{ 1, 0xbb, 0xbb, 0, 7, OPERATION_BTC, L | S },
	{ 1, 0xbe, 0xbf, 0, 7, OPERATION_MOVSX, L | R },
	{ 1, 0xc0, 0xc1, 0, 7, OPERATION_XADD, L | S },
	{ 1, 0xc3, 0xc3, 0, 7, OPERATION_MOV, S },
	{ 1, 0xc7, 0xc7, 1, 1, OPERATION_CMPXCHG_PAIR, L | S },
};

/* 00 to 3B: eight operations, of memory and a register in either order. */
static struct operation_row operation_arithmetic(uint8_t opcode)
{
	return (struct operation_row){ .what = OPERATION_ADD + (opcode >> 3),
				       .flags = opcode & 2 ? L | R : L | S };
}

static int operation_row(struct operation_row *row, uint8_t map, uint8_t opcode, uint8_t reg)
{
	if (!map && opcode < 0x40 && (opcode & 7) < 4) {
		*row = operation_arithmetic(opcode);
		return 1;
	}
	for (const struct operation_row *r = rows; r < rows + sizeof(rows) / sizeof(rows[0]); r++) {
		if (r->map != map || opcode < r->first || opcode > r->last ||
		    (!(r->flags & IMPLICIT) && (reg < r->low || reg > r->high)))
			continue;
		*row = *r;
		if (r->flags & G)
			row->what += reg - r->low;
		return 1;
	}
	return 0;
}

/* Bytes of memory. */
static uint8_t operation_size(const struct insn *insn, const struct operation_row *row,
			      int mode64)
{
	if (row->flags & STACK)
		return insn->osize == 2 ? 2 : mode64 ? 8 : 4;
	if (row->what == OPERATION_MOVZX || row->what == OPERATION_MOVSX)
		return !row->map ? (insn->osize == 2 ? 2 : 4) : insn->opcode & 1 ? 2 : 1;
	if (row->what == OPERATION_CMPXCHG_PAIR)
		return insn->osize == 8 ? 8 : 4;
	return row->flags & BYTE || !(row->flags & FULL || insn->opcode & 1) ? 1 : insn->osize;
}

static void operation_immediate(struct cursor *c, struct insn_operation *o, unsigned flags)
{
	struct insn *insn = &o->insn;

	o->by_cl = !!(flags & CL);
	o->immediate = flags & (I8 | IZ) && !(flags & COUNT);
	if (flags & I8)
		insn->imm = (int8_t)decode_byte(c);
	else if (flags & IZ)
		insn->imm = insn->osize == 2 ? decode_immediate(c, 2) :
			    (uint64_t)(int32_t)decode_immediate(c, 4);
	else
		insn->imm = 1;		/* the count of an opcode without one */
}

/* Sets what follows from the opcode. *@flags: the row's, which say what bytes come next. */
static int operation_find(struct insn_operation *o, const struct previrt_insn_bytes *match,
			  uint8_t rex, int mode64, unsigned *flags)
{
	struct operation_row row;

	*flags = 0;
	if (!operation_row(&row, match->map, match->opcode, match->modrm >> 3 & 7))
		return vector_find(o, match);
	*flags = row.flags;
	o->what = row.what;
	o->size = operation_size(&o->insn, &row, mode64);
	o->load = !!(row.flags & L);
	o->store = row.flags & S && row.what != OPERATION_CMP && row.what != OPERATION_BT;
	o->to_register = !!(row.flags & R);
	/* Without REX, byte registers 4 to 7 are the high halves of 0 to 3. */
	o->high = o->size == 1 && !rex && match->modrm & 0x20 && row.what != OPERATION_MOVZX &&
		  row.what != OPERATION_MOVSX;
	return 1;
}

int insn_decode_operation(struct insn_operation *o, const uint8_t *bytes, size_t size, int mode64)
{
	struct cursor c = { .bytes = bytes, .size = size };
	struct insn *insn = &o->insn;
	struct previrt_insn_bytes match;
	unsigned flags;
	uint8_t rex;

	*o = (struct insn_operation){ 0 };
	if (!decode_start(&c, insn, mode64, &match, &rex) || insn->asize == 2 ||
	    (!mode64 && !match.map && match.opcode == 0x63) ||
	    !operation_find(o, &match, rex, mode64, &flags))
		return 0;
	if (!(flags & IMPLICIT)) {
		decode_modrm(&c, insn, rex, mode64);
		if (!insn->is_memory)
			return 0;
		if (o->high && o->what != OPERATION_VECTOR)
			insn->reg -= 4;
	}
	operation_immediate(&c, o, flags);
	if (c.bad)
		return 0;
	insn->len = c.at;
	return c.at;
}
