/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/* Which sites use the routines of short.S, and interruptions of these. */
#include "xenpv.h"
#include "short.h"
#include "../backend.h"
#include "../../rewriter/rewriter.h"
#include "insns.h"
#include <string.h>


struct short_state {
	uint64_t from;
	uint16_t action, routine;
	uint32_t number;
};

extern const struct short_state xenpv_short_states[], xenpv_short_states_end[];
extern const uint64_t xenpv_short_entries[];
extern const char xenpv_short_start[], xenpv_short_end[], xenpv_call_stubs[];
extern uint64_t xenpv_short_long[], xenpv_short_rax, xenpv_short_rcx, xenpv_short_return;
extern uint64_t xenpv_call_slots[];
extern const char xenpv_plain_start[], xenpv_plain_end[];
extern const char xenpv_sreg16_start[], xenpv_sreg16_end[];
extern const char xenpv_lean_start[], xenpv_lean_end[], xenpv_lean_plain[],
	xenpv_lean_behind[];
extern uint64_t xenpv_plain_rcx;

#define CALL_STUB 10u		/* of entry.S */
#define SREG16_SIZE 64u		/* of fast.S and lean.S */

static struct { uint8_t at, size, call; } shapes[SHORT_ROUTINES];
static struct { uint16_t slot; uint8_t routine; } uses[REWRITER_CALLS];
static unsigned use_count;
static VCPU_LOCAL unsigned disallowed;	/* reasons: SHORT_BY_* */
static unsigned disallowed_by;		/* so many processors: one suffices */
static uint8_t plain_calls[REWRITER_CALLS];	/* lengths of calls to fast.S */
static int32_t plain_code[REWRITER_CALLS];	/* where they lead */
static unsigned plain_end;

uint64_t xenpv_call_stub(unsigned slot)
{
	return (uint64_t)xenpv_call_stubs + CALL_STUB * slot;
}

/* pushf, and pop of a word above rsp. */
static int short_stack_routine(const struct insn *insn)
{
	if (insn->base != RSP || insn->index != INSN_NO_REG || insn->asize != 8 ||
	    insn->segment == INSN_FS || insn->segment == INSN_GS || insn->disp & 7 ||
	    insn->disp < 0 || insn->disp >= 8 * SHORT_STACK_WORDS)
		return -1;
	return SHORT_PUSHF_POP_STACK + insn->disp / 8;
}

/* The routine for an instruction, or -1. */
static int short_routine(const struct insn *insn)
{
	int whole = insn->osize != 2;

	if (insn->op == PREVIRT_OP_pushf_pop && whole && insn->is_memory)
		return short_stack_routine(insn);
	switch (insn->op) {
	case PREVIRT_OP_sti: return SHORT_STI;
	case PREVIRT_OP_pushf: return whole ? SHORT_PUSHF : -1;
	case PREVIRT_OP_popf: return whole ? SHORT_POPF : -1;
	case PREVIRT_OP_pushf_pop:
	case PREVIRT_OP_push_popf:
		if (!whole || insn->is_memory || (insn->opcode & 0xf0) != 0x50 ||
		    insn->rm == RSP)
			return -1;
		return (insn->op == PREVIRT_OP_pushf_pop ? SHORT_PUSHF_POP : SHORT_PUSH_POPF) +
		       insn->rm;
	}
	return -1;
}

/*
 * The long way of a routine is one slot's; a site of another shape would go on
 * at the wrong place there, so it keeps to its own.
 */
void backend_call_slot(unsigned slot, const struct insn *insn, unsigned at, unsigned size,
		       unsigned call)
{
	int routine = short_routine(insn);

	if (routine < 0) {
		uint64_t code = xenpv_fast_call(insn);

		if (!code)
			code = xenpv_lean_call(slot, insn);
		if (code) {
			plain_calls[slot] = call;
			plain_code[slot] = code;
			plain_end = slot + 1;
			if (!disallowed_by)
				xenpv_call_slots[slot] = code;
		}
		return;
	}
	if (!xenpv_short_long[routine]) {
		xenpv_short_long[routine] = xenpv_call_stub(slot);
		shapes[routine].at = at;
		shapes[routine].size = size;
		shapes[routine].call = call;
	}
	if (shapes[routine].at != at || shapes[routine].size != size)
		return;
	uses[use_count].slot = slot;
	uses[use_count++].routine = routine;
	if (!disallowed_by)
		xenpv_call_slots[slot] = xenpv_short_entries[routine];
}

void xenpv_short_forbid(unsigned reason, int on)
{
	unsigned before = disallowed;
	int allowed;

	disallowed = on ? before | reason : before & ~reason;
	allowed = !disallowed;
	if (allowed == !before)
		return;
	disallowed_by += allowed ? -1 : 1;
	if (disallowed_by > (allowed ? 0u : 1u))
		return;
	for (unsigned i = 0; i < use_count; i++)
		xenpv_call_slots[uses[i].slot] = allowed ?
			xenpv_short_entries[uses[i].routine] : xenpv_call_stub(uses[i].slot);
	for (unsigned i = 0; i < plain_end; i++)
		if (plain_calls[i])
			xenpv_call_slots[i] = allowed ? (uint64_t)plain_code[i] : xenpv_call_stub(i);
}

static uint64_t short_pop(struct cpu *cpu)
{
	uint64_t word = *(const uint64_t *)cpu->r[RSP];

	cpu->r[RSP] += 8;
	return word;
}

static void short_set_flags(struct cpu *cpu, uint64_t flags)
{
	cpu->rflags = (flags & ~(uint64_t)FLAG_IF) | (cpu->rflags & FLAG_IF) | FLAG_FIXED;
}

static void short_finish(struct cpu *cpu, const struct short_state *state)
{
	unsigned call = shapes[state->routine].call;

	switch (state->action) {
	case SHORT_BEFORE:
		cpu->rip = short_pop(cpu) - call;
		break;
	case SHORT_PUSHF_BEFORE:
		cpu->r[RSP] += state->number;
		cpu->r[RCX] = xenpv_short_rcx;
		cpu->rip = xenpv_short_return - call;
		break;
	case SHORT_AGAIN:
		cpu->r[RSP] += state->number;
		cpu->r[RCX] = xenpv_short_rcx;
		cpu->rip = short_pop(cpu) - call;
		break;
	case SHORT_POPF_BEFORE:
		cpu->r[RAX] = xenpv_short_rax;
		cpu->rip = xenpv_short_return - call;
		break;
	case SHORT_STI_DONE:
		cpu->r[RCX] = xenpv_short_rcx;
		cpu->rip = short_pop(cpu);
		break;
	case SHORT_POPF_DONE:
		cpu->r[RAX] = xenpv_short_rax;
		short_set_flags(cpu, short_pop(cpu));
		/* fall through */
	case SHORT_RETURNED:
		cpu->rip = xenpv_short_return;
		break;
	case SHORT_PAIR_PUSHED:
		cpu->r[RSP] += 8;
		/* fall through */
	case SHORT_PAIR_DONE:
		short_set_flags(cpu, cpu->r[state->number]);
		/* fall through */
	case SHORT_CALL_DONE:
		cpu->rip = short_pop(cpu);
		break;
	case SHORT_READ_PUSHED:
		cpu->r[RSP] += 8;
		/* fall through */
	case SHORT_READ:
		cpu->r[state->number] = cpu->rflags & ~(uint64_t)(FLAG_RF | FLAG_VM);
		cpu->rip = short_pop(cpu);
		break;
	}
}

unsigned xenpv_plain_again(struct cpu *cpu)
{
	unsigned call;
	int32_t slot;

	memcpy(&slot, (const void *)(cpu->rip - sizeof(slot)), sizeof(slot));
	call = plain_calls[((uint64_t)(int64_t)slot - (uint64_t)xenpv_call_slots) / 8];
	cpu->rip -= call;
	return call;
}

int xenpv_short_interrupted(struct cpu *cpu)
{
	const struct short_state *state = xenpv_short_states;
	int behind;

	if (cpu->rip >= (uint64_t)xenpv_lean_start && cpu->rip < (uint64_t)xenpv_lean_end) {
		if (cpu->rip % SREG16_SIZE || cpu->rip >= (uint64_t)xenpv_lean_plain)
			cpu->r[RCX] = xenpv_plain_rcx;
		behind = cpu->rip >= (uint64_t)xenpv_lean_behind;
		cpu->rip = short_pop(cpu);
		return behind ? 1 : xenpv_plain_again(cpu);
	}
	if (cpu->rip >= (uint64_t)xenpv_plain_start && cpu->rip < (uint64_t)xenpv_plain_end) {
		if (cpu->rip >= (uint64_t)xenpv_sreg16_start &&
		    cpu->rip < (uint64_t)xenpv_sreg16_end && cpu->rip % SREG16_SIZE)
			cpu->r[RCX] = xenpv_plain_rcx;
		cpu->rip = short_pop(cpu);
		return xenpv_plain_again(cpu);
	}
	if (cpu->rip < (uint64_t)xenpv_short_start || cpu->rip >= (uint64_t)xenpv_short_end)
		return 0;
	while (state + 1 < xenpv_short_states_end && state[1].from <= cpu->rip)
		state++;
	short_finish(cpu, state);
	return shapes[state->routine].call;
}
