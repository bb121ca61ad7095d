/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * The fast path: code behind sites, system calls, page faults and returns to user mode
 * that does its work without wedge/run.c, or with little of it. A back-end links the
 * files of this folder, assembles user.inc, and has what stands under "Of the back-end".
 * It keeps the guest's IF as a byte (fastpath_masked), next to one that says whether an
 * event waits, and pushes nothing onto the guest's stack but for events and faults.
 *
 * The four kinds of code:
 *   flags.S   sti, pushf, popf and pairs of them: no C
 *   read.S    segment and control registers that only say what they were told: no C
 *   call.S    sites that need C, but little of it
 *   user.inc  into user mode and out of it
 */
#ifndef PREVIRT_FASTPATH_H
#define PREVIRT_FASTPATH_H
#include "../cpu/cpu.h"
#include "../iface/fastpath.h"
#include "../iface/vcpu.h"
#include "../insn/insn.h"

/* The guest was interrupted at cpu->rip: 0 if that is not in the fast path. Else its state
   is made whole, before its instruction or behind it; gives the length of the call that
   led there (where a single step can have led: else not 0). */
int fastpath_interrupted(struct cpu *cpu);
/* rip is behind a call of a site that led to read.S or call.S: back to the site. Gives
   the call's length. */
unsigned fastpath_again(struct cpu *cpu);
/* The jump slot whose code begins right before @rip; -1: none. */
int fastpath_jump_at(uint64_t rip);

/* For one of these reasons no code behind calls may be used, or no more for that one: the
   guest has IOPL, NT or AC set; it has breakpoints, which C looks for and a return would
   meet. */
#define FASTPATH_NOT_WITH_FLAGS 1u
#define FASTPATH_NOT_WITH_BREAKPOINTS 2u
void fastpath_forbid(unsigned reason, int on);

/* For each processor, before its user mode runs: no system call comes by here yet. */
void fastpath_syscall_init(struct cpu *cpu);
/* System calls may come by here, with the MSRs of @cpu, if these allow it. */
void fastpath_syscall_learn(struct cpu *cpu);
/* Where sysret leads, before the first of them after a change. */
void fastpath_sysret_learn(const struct cpu *cpu);
/* What user mode's iretq leads to, else it goes the slow path. VCPU_LOCAL. */
extern uint64_t fastpath_user_cs, fastpath_user_ss;
/* Not 0: user mode has run, and nobody has looked at its selectors. VCPU_LOCAL. */
extern uint8_t fastpath_stale_selectors;

/* Code for @insn, of call slot @slot, or 0. */
uint64_t fastpath_read_of(const struct insn *insn);
uint64_t fastpath_call_of(unsigned slot, const struct insn *insn);

/* Of the back-end. */

/* Not 0: events are masked (IF is 0); an event waits. VCPU_LOCAL. */
extern uint8_t fastpath_masked, fastpath_pending;
/* The slots that sites call by, and the slow path's code for one. */
extern uint64_t previrt_call_slots[], previrt_jump_slots[];
uint64_t fastpath_call_stub(unsigned slot);
/* Notes user mode's selectors if they are stale. */
void fastpath_look_at_selectors(void);
/* Only one processor is in C at a time: the one that has the lock. */
void backend_lock(void);
void backend_unlock(void);

static inline void fastpath_lock(void)
{
	if (backend_vcpus > 1)
		backend_lock();
}

static inline void fastpath_unlock(void)
{
	if (backend_vcpus > 1)
		backend_unlock();
}

static inline uint64_t fastpath_pop(struct cpu *cpu)
{
	uint64_t word = *(const uint64_t *)cpu->r[RSP];

	cpu->r[RSP] += 8;
	return word;
}

#endif
