/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/* Operands of an instruction that goes out of line, and the registers that it leaves free. */
#include "inner.h"
#include "../insn/insn.h"

/* The operand unchanged. It must have a base or an index. */
int relocator_operand_of(const struct relocator_insn *i, struct relocator_operand *o)
{
	const struct insn_fields *f = &i->f;
	uint8_t mod = f->modrm >> 6, base = f->sib_at ? f->sib & 7 : f->modrm & 7;

	*o = (struct relocator_operand){ .segment = f->segment, .index = INSN_NO_REG };
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
unsigned relocator_used(const struct relocator_insn *i, const struct relocator_operand *o)
{
	unsigned reg = (i->f.modrm >> 3 & 7) | (i->f.rex & 4 ? 8 : 0);
	unsigned used = 1u << reg | 1u << (reg & 3);

	used |= o->base != INSN_NO_REG ? 1u << o->base : 0;
	return used | (o->index != INSN_NO_REG ? 1u << o->index : 0);
}

uint8_t relocator_scratch(struct relocator_code *c, const struct relocator_insn *i,
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

/* Returns 1 if the instruction overwrites the whole register that ModRM names without
   reading it: mov, movslq, lea; movzx and movsx. */
uint8_t relocator_destination(const struct relocator_insn *i,
				   const struct relocator_operand *o)
{
	const struct insn_fields *f = &i->f;
	uint8_t reg = (f->modrm >> 3 & 7) | (f->rex & 4 ? 8 : 0);
	int writes = f->map == 0 ? f->opcode == 0x8b || f->opcode == 0x63 || f->opcode == 0x8d :
		     f->map == 1 && (f->opcode & 0xf6) == 0xb6;

	return writes && !f->vex && !f->p66 && reg != RSP && reg != o->base &&
	       reg != o->index ? reg : INSN_NO_REG;
}

/* Returns 1 if rsp, which a push changes, is an operand. */
int relocator_names_stack(const struct insn_fields *f)
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
