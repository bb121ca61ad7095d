/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * Numbers that say where user addresses end, which a compiler has folded into code: the
 * end itself, less what an access may be long; thirds of it, where programs and mappings
 * are put; and shifts by its bits. They are found by value. What else has such a value
 * is told by function, in the guest file; and a shift that neither is ends the work with
 * RELOCATOR_LIMIT, for shifts by so many bits have other uses.
 * LIMIT: a test of the sign bit is found in one form (sign.c); a limit that is calculated
 * is not.
 */
#include "inner.h"
#include <string.h>

#define LIMITS_BELOW (1ull << 32)	/* bytes that the end is less, at most; it is never more */
#define LIMITS_PART (1ull << 26)	/* what a third of it may be off by */
#define LIMITS_AREA (1ull << 39)	/* an area without a variable has one table of level 3 */

/* Bits of an address below @end. */
static unsigned limits_bits(uint64_t end)
{
	return 64 - (unsigned)__builtin_clzll(end - 1);
}

/* How many thirds of the end is it about? 3: the end. 0: it is another number. */
static unsigned limits_thirds(uint64_t end, uint64_t value)
{
	if (value >= end - LIMITS_BELOW && value <= end)
		return 3;
	for (unsigned thirds = 1; thirds < 3; thirds++)
		if (value - end / 3 * thirds + LIMITS_PART < 2 * LIMITS_PART)
			return thirds;
	return 0;
}

/* A number of 64 bits in an instruction. */
static void limits_number(struct relocator *r, const struct relocator_insn *i)
{
	uint64_t end = r->facts->user_end, value;
	unsigned thirds;

	memcpy(&value, i->bytes + i->f.imm_at, 8);
	thirds = limits_thirds(end, value);
	if (!thirds)
		return;
	if (relocator_function_fact(r, i->linked, RELOCATOR_FACT_OTHER)) {
		r->counts.limits_other++;
		return;
	}
	value -= thirds == 3 ? end - r->user_end :
		 (end - r->user_end) / 3 * thirds & ~0xfffull;
	memcpy(i->bytes + i->f.imm_at, &value, 8);
	++*(thirds == 3 ? &r->counts.limits : &r->counts.limits_parts);
}

/* The same, as an address in an area that has no variable. */
static void limits_address(struct relocator *r, const struct relocator_insn *i)
{
	uint64_t value;

	memcpy(&value, i->bytes + i->f.imm_at, 8);
	for (size_t k = 0; k < r->facts->count; k++) {
		const struct relocator_fact *fact = &r->facts->facts[k];
		const struct relocator_area *area = relocator_area(r, fact);

		if (fact->kind != RELOCATOR_FACT_NUMBERS || !area ||
		    value - fact->number >= LIMITS_AREA)
			continue;
		value += area->at - fact->number;
		memcpy(i->bytes + i->f.imm_at, &value, 8);
		r->counts.numbers++;
		return;
	}
}

/* shr $47: C1 /5. As many bits as addresses below the new end have. */
static enum relocator_status limits_shift(struct relocator *r, const struct relocator_insn *i)
{
	if (relocator_function_fact(r, i->linked, RELOCATOR_FACT_OTHER)) {
		r->counts.limits_other++;
		return RELOCATOR_DONE;
	}
	if (!relocator_function_fact(r, i->linked, RELOCATOR_FACT_SHIFT))
		return relocator_fail(r, RELOCATOR_LIMIT, i->linked);
	i->bytes[i->f.imm_at] = (uint8_t)limits_bits(r->user_end);
	r->counts.limits_shift++;
	return RELOCATOR_DONE;
}

enum relocator_status relocator_limit(struct relocator *r, const struct relocator_insn *i)
{
	const struct insn_fields *f = &i->f;

	if (!r->facts->user_end)
		return RELOCATOR_DONE;
	if (f->imm_size == 8) {
		limits_address(r, i);
		limits_number(r, i);
	} else if (!f->map && !f->vex && f->opcode == 0xc1 && (f->modrm & 0x38) == 5 << 3 &&
		 i->bytes[f->imm_at] == limits_bits(r->facts->user_end)) {
		return limits_shift(r, i);
	} else if (relocator_is_sign(r, i)) {
		return relocator_sign(r, i, limits_bits(r->user_end));
	}
	return RELOCATOR_DONE;
}
