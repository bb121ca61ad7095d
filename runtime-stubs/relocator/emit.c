/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * Code out of line, and its literals. Code grows from the area's start, literals from
 * its end. Encoding: Intel SDM volume 2, chapter 2.
 */
#include "inner.h"
#include "../insn/insn.h"
#include <string.h>

void relocator_emit(struct relocator_code *c, const void *bytes, size_t size)
{
	struct relocator *r = c->r;

	if (c->status)
		return;
	if (size > r->outline_size - r->literals_used - c->at) {
		c->status = RELOCATOR_ROOM;
		return;
	}
	memcpy(r->outline + c->at, bytes, size);
	c->at += size;
}

static void emit_byte(struct relocator_code *c, uint8_t byte)
{
	relocator_emit(c, &byte, 1);
}

int relocator_put_distance(uint8_t *at, uint64_t from, uint64_t to)
{
	int64_t distance = (int64_t)(to - from);
	int32_t field = (int32_t)distance;

	if (field != distance)
		return 0;
	memcpy(at, &field, sizeof(field));
	return 1;
}

uint64_t relocator_literal(struct relocator *r, uint64_t value)
{
	uint32_t *slots = (uint32_t *)(r->work + ((r->high - r->low + 7) & ~7ull));
	uint32_t hash = (uint32_t)(value * 0x9e3779b97f4a7c15ull >> 40) % LITERAL_SLOTS;

	for (; slots[hash]; hash = (hash + 1) % LITERAL_SLOTS)
		if (!memcmp(r->outline + r->outline_size - slots[hash], &value, 8))
			return r->outline_at + r->outline_size - slots[hash];
	if (r->counts.literals >= LITERAL_SLOTS - 1 ||
	    r->outline_size - r->literals_used - r->code_used < 128 + 8)
		return 0;
	r->counts.literals++;
	r->literals_used += 8;
	slots[hash] = (uint32_t)r->literals_used;
	memcpy(r->outline + r->outline_size - r->literals_used, &value, 8);
	return r->outline_at + r->outline_size - r->literals_used;
}

/* A distance of four bytes to @to; @behind bytes of the instruction follow it. */
static void emit_distance(struct relocator_code *c, uint64_t to, size_t behind)
{
	uint8_t field[4] = { 0 };

	if (!relocator_put_distance(field, c->r->outline_at + c->at + 4 + behind, to))
		c->status = c->status ? c->status : RELOCATOR_REACH;
	relocator_emit(c, field, 4);
}

void relocator_emit_push(struct relocator_code *c, uint8_t reg)
{
	if (reg > 7)
		emit_byte(c, 0x41);
	emit_byte(c, 0x50 | (reg & 7));
}

void relocator_emit_pop(struct relocator_code *c, uint8_t reg)
{
	if (reg > 7)
		emit_byte(c, 0x41);
	emit_byte(c, 0x58 | (reg & 7));
}

/* ModRM, SIB and displacement; @behind: bytes of the immediate that follows. */
static void emit_operand(struct relocator_code *c, uint8_t reg,
			 const struct relocator_operand *o, size_t behind)
{
	uint8_t field = (uint8_t)((reg & 7) << 3), mod;

	if (o->relative) {
		emit_byte(c, field | 5);
		emit_distance(c, o->target, behind);
		return;
	}
	/* Base 5 needs a displacement: without one the encoding means another operand. */
	mod = o->disp ? 0x80 : (o->base & 7) == 5 ? 0x40 : 0;
	if (o->index == INSN_NO_REG && (o->base & 7) != 4) {
		emit_byte(c, mod | field | (o->base & 7));
	} else {
		emit_byte(c, mod | field | 4);
		emit_byte(c, (uint8_t)(o->scale << 6 | (o->index == INSN_NO_REG ? 4 :
					o->index & 7) << 3 | (o->base & 7)));
	}
	if (mod == 0x80)
		relocator_emit(c, &o->disp, 4);
	else if (mod)
		emit_byte(c, 0);
}

static uint8_t operand_rex(const struct relocator_operand *o)
{
	if (o->relative)
		return 0;
	return (uint8_t)((o->index != INSN_NO_REG && o->index > 7 ? 2 : 0) | (o->base > 7));
}

void relocator_emit_op(struct relocator_code *c, uint8_t opcode, uint8_t reg,
		       const struct relocator_operand *o)
{
	if (o->segment)
		emit_byte(c, o->segment);
	emit_byte(c, 0x48 | (reg > 7 ? 4 : 0) | operand_rex(o));
	emit_byte(c, opcode);
	emit_operand(c, reg, o, 0);
}

void relocator_emit_load(struct relocator_code *c, uint8_t reg, uint64_t value)
{
	struct relocator_operand o = { .relative = 1, .target = value };
	int64_t distance = (int64_t)(value - c->r->outline_at - c->at - 7);

	/* Code that runs at its physical address cannot know where it will run. */
	if (!c->r->identity && distance == (int32_t)distance) {
		relocator_emit_op(c, 0x8d, reg, &o);
		return;
	}
	o.target = relocator_literal(c->r, value);
	if (!o.target)
		c->status = RELOCATOR_ROOM;
	relocator_emit_op(c, 0x8b, reg, &o);
}

void relocator_emit_push_value(struct relocator_code *c, uint64_t value)
{
	uint64_t literal = relocator_literal(c->r, value);

	if (!literal)
		c->status = RELOCATOR_ROOM;
	emit_byte(c, 0xff);
	emit_byte(c, 0x35);
	emit_distance(c, literal, 0);
}

/* LIMIT: no VEX and no EVEX; RELOCATOR_FORM then. A REX byte is there already where one
   is needed: the registers are those of before, or one of the first eight. */
void relocator_emit_like(struct relocator_code *c, const struct relocator_insn *i,
			 const struct relocator_operand *o)
{
	const struct insn_fields *f = &i->f;
	uint8_t rex = operand_rex(o);

	if (f->vex || f->p67 || (rex && !f->rex)) {
		c->status = RELOCATOR_FORM;
		return;
	}
	relocator_emit(c, i->bytes, f->prefixes);
	if (f->rex)
		emit_byte(c, (f->rex & 0xfc) | rex);
	relocator_emit(c, i->bytes + f->opcode_at, f->modrm_at - f->opcode_at);
	emit_operand(c, f->modrm >> 3 & 7, o, f->imm_size);
	relocator_emit(c, i->bytes + f->imm_at, f->imm_size);
}

void relocator_emit_jump(struct relocator_code *c, uint64_t to)
{
	emit_byte(c, 0xe9);
	emit_distance(c, to, 0);
}
