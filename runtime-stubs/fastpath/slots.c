/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * The choice of the code that a call slot leads to, and what to do if that is interrupted.
 */
#include "fastpath.h"
#include "flags.h"
#include "routine.h"
#include "../rewriter/limits.h"
#include <string.h>

extern const uint64_t fastpath_flags_entries[];
extern uint64_t fastpath_flags_slow[], fastpath_rcx;
extern const char fastpath_flags_start[], fastpath_flags_end[];
extern const char fastpath_read_start[], fastpath_read_end[];
extern const char fastpath_read16_start[], fastpath_read16_end[];
extern const char fastpath_call_start[], fastpath_call_end[], fastpath_call_common[],
	fastpath_call_behind[];

/* By routine of flags.S: the kind of site that uses it, the length of its call. */
static struct { uint8_t at, size; } shapes[FLAGS_ROUTINES];
static uint8_t shape_calls[FLAGS_ROUTINES];
static struct { uint16_t slot; uint8_t routine; } uses[REWRITER_CALLS];
static unsigned use_count;
/* By slot, for read.S and call.S: the length of the site's call, and the code's address. */
static uint8_t code_calls[REWRITER_CALLS];
static int32_t code_at[REWRITER_CALLS];
static unsigned code_end;
static VCPU_LOCAL unsigned disallowed;	/* reasons of this processor: FASTPATH_NOT_* */
static unsigned disallowed_by;		/* the number of processors with a reason; one is enough */

/*
 * The slow path of a routine is that of one slot. The slow path of a site of another shape
 * (length of the site or its call) would return to a wrong address, so such a site does not use
 * the routine.
 */
void backend_call_slot(unsigned slot, const struct insn *insn, unsigned at, unsigned size,
		       unsigned call)
{
	int routine = fastpath_flags_routine(insn);

	if (routine < 0) {
		uint64_t code = fastpath_read_of(insn);

		if (!code)
			code = fastpath_call_of(slot, insn);
		if (code) {
			code_calls[slot] = call;
			code_at[slot] = code;
			code_end = slot + 1;
			if (!disallowed_by)
				previrt_call_slots[slot] = code;
		}
		return;
	}
	if (!fastpath_flags_slow[routine]) {
		fastpath_flags_slow[routine] = fastpath_call_stub(slot);
		shapes[routine].at = at;
		shapes[routine].size = size;
		shape_calls[routine] = call;
	}
	if (shapes[routine].at != at || shapes[routine].size != size)
		return;
	uses[use_count].slot = slot;
	uses[use_count++].routine = routine;
	if (!disallowed_by)
		previrt_call_slots[slot] = fastpath_flags_entries[routine];
}

void fastpath_forbid(unsigned reason, int on)
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
		previrt_call_slots[uses[i].slot] = allowed ?
			fastpath_flags_entries[uses[i].routine] : fastpath_call_stub(uses[i].slot);
	for (unsigned i = 0; i < code_end; i++)
		if (code_calls[i])
			previrt_call_slots[i] = allowed ? (uint64_t)code_at[i] : fastpath_call_stub(i);
}

unsigned fastpath_again(struct cpu *cpu)
{
	unsigned call;
	int32_t slot;

	memcpy(&slot, (const void *)(cpu->rip - sizeof(slot)), sizeof(slot));
	call = code_calls[((uint64_t)(int64_t)slot - (uint64_t)previrt_call_slots) / 8];
	cpu->rip -= call;
	return call;
}

/* Interrupted in read.S or call.S: the instruction was not carried out yet, or completely. */
static int slots_in_code(struct cpu *cpu, int *call)
{
	uint64_t rip = cpu->rip;
	int behind = 0;

	if (rip >= (uint64_t)fastpath_call_start && rip < (uint64_t)fastpath_call_end) {
		if (rip % FASTPATH_ROUTINE || rip >= (uint64_t)fastpath_call_common)
			cpu->r[RCX] = fastpath_rcx;
		behind = rip >= (uint64_t)fastpath_call_behind;
	} else if (rip >= (uint64_t)fastpath_read_start && rip < (uint64_t)fastpath_read_end) {
		if (rip >= (uint64_t)fastpath_read16_start &&
		    rip < (uint64_t)fastpath_read16_end && rip % FASTPATH_ROUTINE)
			cpu->r[RCX] = fastpath_rcx;
	} else {
		return 0;
	}
	cpu->rip = fastpath_pop(cpu);
	*call = behind ? 1 : (int)fastpath_again(cpu);
	return 1;
}

int fastpath_interrupted(struct cpu *cpu)
{
	int call;

	if (slots_in_code(cpu, &call))
		return call;
	if (cpu->rip < (uint64_t)fastpath_flags_start || cpu->rip >= (uint64_t)fastpath_flags_end)
		return 0;
	return shape_calls[fastpath_flags_finish(cpu, shape_calls)];
}
