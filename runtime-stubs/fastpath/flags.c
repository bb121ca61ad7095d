/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/* The choice of a routine of flags.S for an instruction, and what to do if one is interrupted. */
#include "fastpath.h"
#include "flags.h"
#include "insns.h"

struct flags_state {
	uint64_t from;
	uint16_t action, routine;
	uint32_t number;
};

extern const struct flags_state fastpath_flags_states[], fastpath_flags_states_end[];
extern uint64_t fastpath_flags_rax, fastpath_flags_rcx, fastpath_flags_return;

/* PUSHF, and POP of a word above rsp. */
static int flags_stack_routine(const struct insn *insn)
{
	if (insn->base != RSP || insn->index != INSN_NO_REG || insn->asize != 8 ||
	    insn->segment == INSN_FS || insn->segment == INSN_GS || insn->disp & 7 ||
	    insn->disp < 0 || insn->disp >= 8 * FLAGS_STACK_WORDS)
		return -1;
	return FLAGS_PUSHF_POP_STACK + insn->disp / 8;
}

int fastpath_flags_routine(const struct insn *insn)
{
	int whole = insn->osize != 2;

	if (insn->op == PREVIRT_OP_pushf_pop && whole && insn->is_memory)
		return flags_stack_routine(insn);
	switch (insn->op) {
	case PREVIRT_OP_sti: return FLAGS_STI;
	case PREVIRT_OP_pushf: return whole ? FLAGS_PUSHF : -1;
	case PREVIRT_OP_popf: return whole ? FLAGS_POPF : -1;
	case PREVIRT_OP_pushf_pop:
	case PREVIRT_OP_push_popf:
		if (!whole || insn->is_memory || (insn->opcode & 0xf0) != 0x50 ||
		    insn->rm == RSP)
			return -1;
		return (insn->op == PREVIRT_OP_pushf_pop ? FLAGS_PUSHF_POP : FLAGS_PUSH_POPF) +
		       insn->rm;
	}
	return -1;
}

static void flags_set(struct cpu *cpu, uint64_t flags)
{
	cpu->rflags = (flags & ~(uint64_t)FLAG_IF) | (cpu->rflags & FLAG_IF) | FLAG_FIXED;
}

static void flags_go_on(struct cpu *cpu, const struct flags_state *state, unsigned call)
{
	switch (state->action) {
	case FLAGS_BEFORE:
		cpu->rip = fastpath_pop(cpu) - call;
		break;
	case FLAGS_PUSHF_BEFORE:
		cpu->r[RSP] += state->number;
		cpu->r[RCX] = fastpath_flags_rcx;
		cpu->rip = fastpath_flags_return - call;
		break;
	case FLAGS_AGAIN:
		cpu->r[RSP] += state->number;
		cpu->r[RCX] = fastpath_flags_rcx;
		cpu->rip = fastpath_pop(cpu) - call;
		break;
	case FLAGS_POPF_BEFORE:
		cpu->r[RAX] = fastpath_flags_rax;
		cpu->rip = fastpath_flags_return - call;
		break;
	case FLAGS_STI_DONE:
		cpu->r[RCX] = fastpath_flags_rcx;
		cpu->rip = fastpath_pop(cpu);
		break;
	case FLAGS_POPF_DONE:
		cpu->r[RAX] = fastpath_flags_rax;
		flags_set(cpu, fastpath_pop(cpu));
		/* fall through */
	case FLAGS_RETURNED:
		cpu->rip = fastpath_flags_return;
		break;
	case FLAGS_PAIR_PUSHED:
		cpu->r[RSP] += 8;
		/* fall through */
	case FLAGS_PAIR_DONE:
		flags_set(cpu, cpu->r[state->number]);
		/* fall through */
	case FLAGS_CALL_DONE:
		cpu->rip = fastpath_pop(cpu);
		break;
	case FLAGS_READ_PUSHED:
		cpu->r[RSP] += 8;
		/* fall through */
	case FLAGS_READ:
		cpu->r[state->number] = cpu->rflags & ~(uint64_t)(FLAG_RF | FLAG_VM);
		cpu->rip = fastpath_pop(cpu);
		break;
	}
}

int fastpath_flags_finish(struct cpu *cpu, const uint8_t *calls)
{
	const struct flags_state *state = fastpath_flags_states;

	while (state + 1 < fastpath_flags_states_end && state[1].from <= cpu->rip)
		state++;
	flags_go_on(cpu, state, calls[state->routine]);
	return state->routine;
}
