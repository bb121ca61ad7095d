/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright The previrt authors */
#include "gcc-compat.h"

#define _Static_assert static_assert	/* C's name of it */
#include "abi.h"
#include "liveness.h"

/* GCC's registers by their number in an instruction; 4, the stack pointer's,
   stands for the flags. */
static const unsigned char registers[] = {
	AX_REG, CX_REG, DX_REG, BX_REG, FLAGS_REG, BP_REG, SI_REG, DI_REG,
	R8_REG, R9_REG, R10_REG, R11_REG, R12_REG, R13_REG, R14_REG, R15_REG
};

static unsigned count_registers()
{
	return compat_is_64bit() ? 16 : 8;
}

/* Written somewhere in the function, by itself or by what it calls. */
static HARD_REG_SET written;

void liveness_begin()
{
	CLEAR_HARD_REG_SET(written);
	for (rtx_insn *insn = get_insns(); insn; insn = NEXT_INSN(insn)) {
		HARD_REG_SET set;

		if (!NONDEBUG_INSN_P(insn))
			continue;
		CLEAR_HARD_REG_SET(set);
		find_all_hard_reg_sets(insn, &set, false);
		written |= set;
		/* Another unit's function may do all that the ABI allows. */
		if (CALL_P(insn) && !flag_ipa_ra)
			written |= insn_callee_abi(insn).full_reg_clobbers();
	}
}

/*
 * A call-used register is nobody's at any time, unless callers were told which
 * ones the function leaves alone (-fipa-ra). A call-saved one that the function
 * does not write was never saved.
 */
static bool is_free(unsigned reg)
{
	if (TEST_HARD_REG_BIT(written, reg))
		return true;
	return !flag_ipa_ra && crtl->abi->clobbers_full_reg_p(reg) && !fixed_regs[reg];
}

unsigned liveness_dead(const_bitmap live)
{
	unsigned dead = 0;

	for (unsigned i = 0; i < count_registers(); i++) {
		unsigned reg = registers[i];

		if (REGNO_REG_SET_P(live, reg) || global_regs[reg] ||
		    (reg == BP_REG && frame_pointer_needed))
			continue;
		if (reg == FLAGS_REG || is_free(reg))
			dead |= 1u << i;
	}
	return dead;
}

unsigned liveness_named(const rtx_insn *insn)
{
	subrtx_iterator::array_type array;
	unsigned named = 0;

	FOR_EACH_SUBRTX(i, array, PATTERN(insn), NONCONST)
		for (unsigned n = 0; REG_P(*i) && n < count_registers(); n++)
			if (REGNO(*i) <= registers[n] && registers[n] < END_REGNO(*i))
				named |= 1u << n;
	return named;
}

unsigned liveness_flags()
{
	return 1u << PREVIRT_DEAD_flags;
}

/* As the psABI has it in 64-bit code; in 32-bit code the first regparm. */
unsigned liveness_arguments(tree function)
{
	static const unsigned char order64[] = { 7, 6, 2, 1, 8, 9 }, order32[] = { 0, 2, 1 };
	unsigned count = 0, room = compat_is_64bit() ? 6 : MIN(3, ix86_regparm), bits = 0;

	for (tree p = DECL_ARGUMENTS(function); p; p = DECL_CHAIN(p))
		count++;
	for (unsigned i = 0; i < count && i < room; i++)
		bits |= 1u << (compat_is_64bit() ? order64[i] : order32[i]);
	return bits;
}

unsigned liveness_result(tree function)
{
	return VOID_TYPE_P(TREE_TYPE(TREE_TYPE(function))) ? 0 : 1u << PREVIRT_DEAD_rax;
}
