/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * Rewrites one instruction in its own bytes where that is possible. Each form is shown
 * above its function, before and after, with the bytes. Intel SDM volume 2.
 */
#include "inner.h"
#include <string.h>

static void rewrite_mark(struct relocator *r, const struct relocator_insn *i, uint8_t mark)
{
	for (unsigned k = 0; k < i->f.len; k++)
		r->work[i->linked - r->low + k] |= mark;
}

/* @bytes replace the instruction; their last four are a distance to @to. */
static enum relocator_status rewrite_relative(struct relocator *r,
		const struct relocator_insn *i, uint8_t *bytes, uint64_t to)
{
	unsigned len = i->f.len;

	if (!relocator_put_distance(bytes + len - 4, i->at + len, to))
		return relocator_fail(r, RELOCATOR_REACH, i->linked);
	memcpy(i->bytes, bytes, len);
	rewrite_mark(r, i, MARK_IN_PLACE);
	return RELOCATOR_DONE;
}

/* Prefixes, REX.W with the register where ModRM.reg has it, @opcode, @reg, rip. */
static enum relocator_status rewrite_register(struct relocator *r,
		const struct relocator_insn *i, uint8_t opcode, uint64_t to)
{
	uint8_t bytes[16];
	unsigned n = i->f.prefixes;

	memcpy(bytes, i->bytes, n);
	bytes[n++] = 0x48 | (i->f.rex & 1) << 2;
	bytes[n++] = opcode;
	bytes[n++] = (uint8_t)((i->f.modrm & 7) << 3 | 5);
	return rewrite_relative(r, i, bytes, to);
}

static enum relocator_status rewrite_literal(struct relocator *r,
		const struct relocator_insn *i, uint8_t opcode)
{
	uint64_t literal = relocator_literal(r, i->imm_value);

	if (!literal)
		return relocator_fail(r, RELOCATOR_ROOM, i->linked);
	return rewrite_register(r, i, opcode, literal);
}

/*
 * mov $sym,%reg	48 c7 c0+r imm32  ->  lea sym(%rip),%reg  48 8d modrm disp32
 * Code that runs at its physical address, and what is too far away, loads a literal:
 *			mov literal(%rip),%reg	48 8b modrm disp32
 */
static enum relocator_status rewrite_mov(struct relocator *r, const struct relocator_insn *i)
{
	int64_t distance = (int64_t)(i->imm_value - i->at - i->f.len);

	if (r->identity || distance != (int32_t)distance) {
		r->counts.load++;
		return rewrite_literal(r, i, 0x8b);
	}
	r->counts.lea++;
	return rewrite_register(r, i, 0x8d, i->imm_value);
}

/*
 * An operand at sym, without registers: 04 25 disp32 in ModRM and SIB. It becomes
 * relative to the instruction pointer, which is a byte shorter: a segment prefix that
 * means nothing takes the byte, or a NOP behind it where a lock prefix has to stay first,
 * for Linux patches that. A segment of fs or gs is said twice.
 */
static enum relocator_status rewrite_absolute(struct relocator *r,
					      const struct relocator_insn *i)
{
	const struct insn_fields *f = &i->f;
	uint8_t bytes[16], *to = bytes;
	unsigned ahead = !f->lock;

	if (ahead)
		*to++ = f->segment ? f->segment : 0x3e;
	memcpy(to, i->bytes, f->modrm_at);
	to += f->modrm_at;
	*to++ = (f->modrm & 0x38) | 5;
	if (!relocator_put_distance(to, i->at + f->len - !ahead, i->disp_value))
		return relocator_fail(r, RELOCATOR_REACH, i->linked);
	to += 4;
	memcpy(to, i->bytes + f->disp_at + 4, f->len - f->disp_at - 4);
	to += f->len - f->disp_at - 4;
	if (!ahead)
		*to = 0x90;
	memcpy(i->bytes, bytes, f->len);
	rewrite_mark(r, i, MARK_IN_PLACE);
	r->counts.absolute++;
	return RELOCATOR_DONE;
}

/* The operand has neither base nor index: SIB with both left out. */
int relocator_is_absolute(const struct insn_fields *f)
{
	return f->sib_at && f->modrm >> 6 == 0 && (f->sib & 0x3f) == 0x25 &&
	       !(f->rex & 2) && !f->vex;
}

static enum relocator_status rewrite_out(struct relocator *r, struct relocator_insn *i)
{
	uint64_t to = r->outline_at + r->code_used;
	enum relocator_status status;

	if (r->work[i->linked - r->low] & MARK_STAYS)
		return relocator_fail(r, RELOCATOR_STAYS, i->linked);
	if (i->f.len < 5)
		return relocator_fail(r, RELOCATOR_FORM, i->linked);
	status = relocator_outline(r, i);
	if (status)
		return relocator_fail(r, status, i->linked);
	i->bytes[0] = 0xe9;
	if (!relocator_put_distance(i->bytes + 1, i->at + 5, to))
		return relocator_fail(r, RELOCATOR_REACH, i->linked);
	memset(i->bytes + 5, 0xcc, i->f.len - 5u);
	rewrite_mark(r, i, MARK_OUT_OF_LINE);
	return RELOCATOR_DONE;
}

enum relocator_status relocator_rewrite(struct relocator *r, struct relocator_insn *i)
{
	const struct insn_fields *f = &i->f;
	int wide = (f->rex & 8) && !f->map && !f->vex && f->modrm >> 6 == 3;

	if (i->imm && !i->disp && wide && f->opcode == 0xc7)
		return rewrite_mov(r, i);
	/* op $sym,%reg  48 81 modrm imm32  ->  op literal(%rip),%reg  48 op modrm disp32 */
	if (i->imm && !i->disp && wide && f->opcode == 0x81) {
		r->counts.operand++;
		return rewrite_literal(r, i, (f->modrm & 0x38) | 3);
	}
	if (i->disp && !i->imm && relocator_is_absolute(f))
		return rewrite_absolute(r, i);
	return rewrite_out(r, i);
}
