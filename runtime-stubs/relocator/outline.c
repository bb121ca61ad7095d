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
		t = relocator_scratch(c, i, relocator_used(i, o));
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
	unsigned used = relocator_used(i, o);
	uint8_t t = relocator_scratch(c, i, used), s = INSN_NO_REG;

	relocator_emit_push(c, t);
	if (table) {
		s = relocator_scratch(c, i, used | 1u << t);
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
	uint8_t t = relocator_scratch(c, i, relocator_used(i, o)), what = i->f.modrm >> 3 & 7;
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

/* table(reg): lea table,%t; the instruction with (%t,reg); around it push and pop of %t
   if that is no register which the instruction overwrites. */
static void outline_any(struct relocator_code *c, const struct relocator_insn *i,
			struct relocator_operand *o)
{
	uint8_t t = relocator_destination(i, o);
	int pushing = t == INSN_NO_REG;

	if (pushing) {
		t = relocator_scratch(c, i, relocator_used(i, o));
		if (relocator_names_stack(&i->f) || i->f.opcode == 0x8f)
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
	int whole = relocator_operand_of(i, &o), wide = f->rex & 8 && !f->map && !f->vex;

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
