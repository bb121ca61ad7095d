/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * Instructions that do not fit in their own bytes: a jump stands there, and out of line
 * what does the same with an address of 64 bits. Flags stay: only lea, mov, push and pop
 * are added. Memory below the stack pointer does not: a kernel has no red zone.
 * LIMIT: unwinders know nothing of code out of line; a kernel's own report from within
 * lacks the callers. A table's jump or call ends in ret, which is predicted badly.
 */
#include "inner.h"
#include "../insn/insn.h"

enum { RAX = 0, RBX = 3, RSP = 4, RBP = 5, RSI = 6, RDI = 7 };

/* The operand as it stands. Not for what has neither base nor index. */
static int outline_operand(const struct relocator_insn *i, struct relocator_operand *o)
{
	const struct insn_fields *f = &i->f;
	uint8_t mod = f->modrm >> 6, base = f->sib_at ? f->sib & 7 : f->modrm & 7;

	*o = (struct relocator_operand){ .index = INSN_NO_REG };
	if (f->disp_size == 4)
		o->disp = (int32_t)relocator_get32(i->bytes + f->disp_at);
	else if (f->disp_size == 1)
		o->disp = (int8_t)i->bytes[f->disp_at];
	if (!mod && !f->sib_at && base == 5) {
		o->relative = 1;
		o->target = i->at + f->len + (uint64_t)(int64_t)o->disp;
		return 1;
	}
	o->base = base | (f->rex & 1 ? 8 : 0);
	if (f->sib_at) {
		o->index = (f->sib >> 3 & 7) | (f->rex & 2 ? 8 : 0);
		o->scale = f->sib >> 6;
		if (o->index == RSP)
			o->index = INSN_NO_REG;
		if (!mod && base == 5)
			o->base = INSN_NO_REG;
	}
	return o->base != INSN_NO_REG;
}

/* Registers of the first eight that the instruction may use: by ModRM and SIB, and as
   the high byte of one of the first four. Those it uses without naming them are rax,
   rcx and rdx, and rbx (cmpxchg16b). */
static unsigned outline_used(const struct relocator_insn *i, const struct relocator_operand *o)
{
	unsigned reg = (i->f.modrm >> 3 & 7) | (i->f.rex & 4 ? 8 : 0);
	unsigned used = 1u << reg | 1u << (reg & 3);

	used |= o->base != INSN_NO_REG ? 1u << o->base : 0;
	return used | (o->index != INSN_NO_REG ? 1u << o->index : 0);
}

static uint8_t outline_scratch(struct relocator_code *c, const struct relocator_insn *i,
			       unsigned used)
{
	static const uint8_t candidates[] = { RSI, RDI, RBP, RBX };
	unsigned count = i->f.map == 1 && i->f.opcode == 0xc7 ? 3 : 4;

	for (unsigned k = 0; k < count; k++)
		if (!(used & 1u << candidates[k]))
			return candidates[k];
	c->status = RELOCATOR_FORM;
	return RAX;
}

/* The table's address in @reg, and the operand by it. */
static void outline_table(struct relocator_code *c, const struct relocator_insn *i,
			  uint8_t reg, struct relocator_operand *o)
{
	struct relocator_operand sum = { .base = reg, .index = o->base };

	relocator_emit_load(c, reg, i->disp_value);
	if (o->base == RSP || o->base == INSN_RIP) {
		c->status = RELOCATOR_FORM;
	} else if (o->index == INSN_NO_REG) {
		o->index = o->base;
		o->scale = 0;
	} else if (o->base != INSN_NO_REG) {
		relocator_emit_op(c, 0x8d, reg, &sum);
	}
	o->base = reg;
	o->disp = 0;
}

/*
 * mov $sym,mem		push literal; pop mem
 * mov $sym,table(reg)	push %t; lea table,%t; push literal; pop (%t,reg); pop %t
 * pop takes rsp, in an address, as it is afterwards.
 */
static void outline_store(struct relocator_code *c, const struct relocator_insn *i,
			  struct relocator_operand *o)
{
	uint8_t t = INSN_NO_REG;

	if (i->disp && !o->relative) {
		t = outline_scratch(c, i, outline_used(i, o));
		relocator_emit_push(c, t);
		outline_table(c, i, t, o);
		c->r->counts.out_pushing++;
	}
	relocator_emit_push_value(c, i->imm_value);
	relocator_emit_op(c, 0x8f, 0, o);
	if (t != INSN_NO_REG)
		relocator_emit_pop(c, t);
	c->r->counts.out_store++;
}

/* op $sym,mem		push %t; lea sym,%t; op %t,mem; pop %t
   A table takes one register more. */
static void outline_compare(struct relocator_code *c, const struct relocator_insn *i,
			    struct relocator_operand *o)
{
	int table = i->disp && !o->relative;
	unsigned used = outline_used(i, o);
	uint8_t t = outline_scratch(c, i, used), s = INSN_NO_REG;

	relocator_emit_push(c, t);
	if (table) {
		s = outline_scratch(c, i, used | 1u << t);
		relocator_emit_push(c, s);
		outline_table(c, i, s, o);
	} else if (!o->relative && o->base == RSP) {
		o->disp += 8;
	}
	relocator_emit_load(c, t, i->imm_value);
	relocator_emit_op(c, (i->f.modrm & 0x38) | 1, t, o);
	if (table)
		relocator_emit_pop(c, s);
	relocator_emit_pop(c, t);
	c->r->counts.out_pushing++;
	c->r->counts.out_compare++;
}

/* jmp *table(reg)	push %t (room); push %t; lea table,%t; mov (%t,reg),%t;
			mov %t,8(%rsp); pop %t; ret
   A call pushes its return address first; a push ends ahead of ret. */
static int outline_branch(struct relocator_code *c, const struct relocator_insn *i,
			  struct relocator_operand *o)
{
	static const struct relocator_operand room = { .base = RSP, .index = INSN_NO_REG,
						       .disp = 8 };
	uint8_t t = outline_scratch(c, i, outline_used(i, o)), what = i->f.modrm >> 3 & 7;
	struct relocator_counts *counts = &c->r->counts;

	if (what == 2)
		relocator_emit_push_value(c, i->at + i->f.len);
	relocator_emit_push(c, t);
	relocator_emit_push(c, t);
	outline_table(c, i, t, o);
	relocator_emit_op(c, 0x8b, t, o);
	relocator_emit_op(c, 0x89, t, &room);
	relocator_emit_pop(c, t);
	counts->out_pushing++;
	++*(what == 2 ? &counts->out_call : what == 4 ? &counts->out_jump : &counts->out_push);
	if (what != 6)
		relocator_emit(c, "\xc3", 1);
	return what == 6;
}

/* Is the register that ModRM names a whole one that the instruction overwrites without
   having read it? mov, movslq, lea; movzx and movsx. */
static uint8_t outline_destination(const struct relocator_insn *i,
				   const struct relocator_operand *o)
{
	const struct insn_fields *f = &i->f;
	uint8_t reg = (f->modrm >> 3 & 7) | (f->rex & 4 ? 8 : 0);
	int writes = f->map == 0 ? f->opcode == 0x8b || f->opcode == 0x63 || f->opcode == 0x8d :
		     f->map == 1 && (f->opcode & 0xf6) == 0xb6 && f->opcode != 0xb8;

	return writes && !f->vex && !f->p66 && reg != RSP && reg != o->base &&
	       reg != o->index ? reg : INSN_NO_REG;
}

/* Does it name rsp as an operand, which a push changes? */
static int outline_names_stack(const struct insn_fields *f)
{
	if ((f->modrm & 0x38) != RSP << 3 || f->rex & 4)
		return 0;
	if (f->map == 0)
		return (f->opcode < 0x40 && f->opcode & 1) || f->opcode == 0x63 ||
		       f->opcode == 0x69 || f->opcode == 0x6b ||
		       (f->opcode >= 0x85 && f->opcode <= 0x8d && f->opcode & 1);
	return f->map == 1 && ((f->opcode & 0xf0) == 0x40 ||
			       (f->opcode >= 0xa3 && f->opcode != 0xae && f->opcode != 0xba &&
				f->opcode <= 0xc1));
}

/* table(reg): lea table,%t; the instruction with (%t,reg); around it push and pop of %t
   if that is no register which the instruction overwrites. */
static void outline_any(struct relocator_code *c, const struct relocator_insn *i,
			struct relocator_operand *o)
{
	uint8_t t = outline_destination(i, o);
	int pushing = t == INSN_NO_REG;

	if (pushing) {
		t = outline_scratch(c, i, outline_used(i, o));
		if (outline_names_stack(&i->f) || i->f.opcode == 0x8f)
			c->status = RELOCATOR_FORM;
		relocator_emit_push(c, t);
		c->r->counts.out_pushing++;
	}
	outline_table(c, i, t, o);
	relocator_emit_like(c, i, o);
	if (pushing)
		relocator_emit_pop(c, t);
	++*(!i->f.map && i->f.opcode == 0x8d ? &c->r->counts.out_lea : &c->r->counts.out_table);
}

/* No operand in memory: push $sym, and op $sym,%rax, which is a byte too short. */
static void outline_immediate(struct relocator_code *c, const struct relocator_insn *i)
{
	struct relocator_operand literal = { .relative = 1 };

	if (!i->f.map && i->f.opcode == 0x68) {
		relocator_emit_push_value(c, i->imm_value);
		c->r->counts.out_push++;
	} else if (!i->f.map && (i->f.opcode & 0xc7) == 0x05 && i->f.rex & 8) {
		literal.target = relocator_literal(c->r, i->imm_value);
		c->status = literal.target ? c->status : RELOCATOR_ROOM;
		relocator_emit_op(c, (i->f.opcode & 0x38) | 3, RAX, &literal);
		c->r->counts.out_compare++;
	} else {
		c->status = RELOCATOR_FORM;
	}
}

static int outline_memory(struct relocator_code *c, const struct relocator_insn *i)
{
	const struct insn_fields *f = &i->f;
	struct relocator_operand o;
	int whole = outline_operand(i, &o), wide = f->rex & 8 && !f->map && !f->vex;

	if (f->p67 || (!whole && !i->disp))
		c->status = RELOCATOR_FORM;
	/* Two references: a table, or an address without registers. */
	if (i->imm && i->disp && !whole && o.index == INSN_NO_REG) {
		o.relative = 1;
		o.target = i->disp_value;
	}
	if (i->imm && wide && f->opcode == 0xc7)
		outline_store(c, i, &o);
	else if (i->imm && wide && f->opcode == 0x81)
		outline_compare(c, i, &o);
	else if (i->imm)
		c->status = RELOCATOR_FORM;
	else if (!f->map && !f->vex && f->opcode == 0xff && (f->modrm & 0x38) >= 0x10)
		return outline_branch(c, i, &o);
	else
		outline_any(c, i, &o);
	return 1;
}

enum relocator_status relocator_outline(struct relocator *r, const struct relocator_insn *i)
{
	struct relocator_code c = { .r = r, .at = r->code_used };
	int back = 1;

	if (i->f.modrm_at && i->f.modrm >> 6 != 3)
		back = outline_memory(&c, i);
	else
		outline_immediate(&c, i);
	if (back)
		relocator_emit_jump(&c, i->at + i->f.len);
	if (!c.status)
		r->code_used = c.at;
	return c.status;
}
