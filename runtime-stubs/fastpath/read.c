/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/* The choice of a routine of read.S for an instruction. */
#include "fastpath.h"
#include "insns.h"

extern const uint64_t fastpath_read_sreg[6][16], fastpath_read_sreg16[6][16],
	fastpath_read_cr[4][16];

uint64_t fastpath_read_of(const struct insn *insn)
{
	if (insn->is_memory)
		return 0;
	if (insn->osize == 2)
		return insn->op == PREVIRT_OP_mov_from_sreg && (insn->reg & 7) < SEGS ?
		       fastpath_read_sreg16[insn->reg & 7][insn->rm] : 0;
	switch (insn->op) {
	case PREVIRT_OP_mov_from_sreg:
		return (insn->reg & 7) < SEGS ? fastpath_read_sreg[insn->reg & 7][insn->rm] : 0;
	case PREVIRT_OP_mov_from_cr:
		if (insn->reg == 0)
			return fastpath_read_cr[0][insn->rm];
		if (insn->reg >= 2 && insn->reg <= 4)
			return fastpath_read_cr[insn->reg - 1][insn->rm];
	}
	return 0;
}
