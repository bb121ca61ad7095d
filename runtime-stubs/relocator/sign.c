/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * Makes all ones of an address that has the sign bit, as natively the kernel's have (Linux
 * 6.12, arch/x86/lib/putuser.S):
 *
 *	mov %address,%mask; sar $63,%mask; or %mask,%address
 *
 * Moved, the kernel's addresses have none. Out of line stands, with as many bits as
 * addresses below the new end have,
 *
 *	shr $bits,%mask; neg %mask; or %mask,%address
 *
 * so an address at or above 1 << bits becomes one of the last 1 << (64 - bits) bytes, where
 * nothing is. In a function that no line "place sign" names this is RELOCATOR_LIMIT: a kernel
 * that tests the sign there (6.4 to 6.11) does so in others, in ways that are not found.
 */
#include "inner.h"
#include <string.h>

#define SAR 7u		/* C1 /7, and so on */
#define SHR 5u
#define NEG 3u
#define OR 0x09u
#define MOV 0x89u
#define INT3 0xccu

struct sign_pair {
	uint8_t reg, rm;
};

/* "op %reg,%rm" of 64 bits, three bytes. */
static int sign_pair(const uint8_t *bytes, uint8_t opcode, struct sign_pair *pair)
{
	if ((bytes[0] & 0xfa) != 0x48 || bytes[1] != opcode || bytes[2] >> 6 != 3)
		return 0;
	pair->reg = (uint8_t)((bytes[2] >> 3 & 7) | (bytes[0] & 4) << 1);
	pair->rm = (uint8_t)((bytes[2] & 7) | (bytes[0] & 1) << 3);
	return 1;
}

int relocator_is_sign(const struct relocator *r, const struct relocator_insn *i)
{
	const struct insn_fields *f = &i->f;
	struct sign_pair copy, mask;

	if (f->map || f->vex || f->opcode != 0xc1 || f->modrm >> 6 != 3 || !(f->rex & 8) ||
	    (f->modrm >> 3 & 7) != SAR || i->bytes[f->imm_at] != 63 || f->len != 4 ||
	    i->linked - r->low < 3 || r->high - i->linked < 7 ||
	    !sign_pair(i->bytes - 3, MOV, &copy) || !sign_pair(i->bytes + 4, OR, &mask))
		return 0;
	return copy.rm == ((f->modrm & 7) | (f->rex & 1) << 3) && mask.reg == copy.rm &&
	       mask.rm == copy.reg;
}

enum relocator_status relocator_sign(struct relocator *r, const struct relocator_insn *i,
				     unsigned bits)
{
	uint8_t rex = i->f.rex, reg = i->f.modrm & 7;
	uint8_t shift[] = { rex, 0xc1, (uint8_t)(0xc0 | SHR << 3 | reg), (uint8_t)bits };
	uint8_t negate[] = { rex, 0xf7, (uint8_t)(0xc0 | NEG << 3 | reg) };
	struct relocator_code c = { .r = r, .at = r->code_used };

	if (!relocator_function_fact(r, i->linked, RELOCATOR_FACT_SIGN))
		return relocator_fail(r, RELOCATOR_LIMIT, i->linked);
	if (r->work[i->linked - r->low] & MARK_STAYS || r->work[i->linked + 4 - r->low])
		return relocator_fail(r, RELOCATOR_STAYS, i->linked);
	relocator_emit(&c, shift, sizeof(shift));
	relocator_emit(&c, negate, sizeof(negate));
	relocator_emit(&c, i->bytes + 4, 3);
	relocator_emit_jump(&c, i->at + 7);
	if (c.status)
		return relocator_fail(r, c.status, i->linked);
	i->bytes[0] = 0xe9;
	if (!relocator_put_distance(i->bytes + 1, i->at + 5, r->outline_at + r->code_used))
		return relocator_fail(r, RELOCATOR_REACH, i->linked);
	memset(i->bytes + 5, INT3, 2);
	memset(r->work + (i->linked - r->low), MARK_OUT_OF_LINE, 7);
	r->code_used = c.at;
	r->counts.limits_sign++;
	return RELOCATOR_DONE;
}
