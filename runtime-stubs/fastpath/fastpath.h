/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * The fast path: code for sites, system calls, page faults and returns to user mode that
 * does not go through wedge/run.c. A back-end links the files of this folder, assembles
 * user.inc, and defines what is declared under "Of the back-end". The guest's IF must be a
 * byte (fastpath_masked), next to one that says whether an event is pending. The back-end
 * and its hypervisor push nothing onto the guest's stack except for events and faults.
 *
 *   flags.S   STI, PUSHF, POPF and pairs of them: assembly only
 *   read.S    reads of segment registers and control registers: assembly only
 *   call.S    sites that call a C function of call.c
 *   user.inc  entries from user mode and returns to it
 */
#ifndef PREVIRT_FASTPATH_H
#define PREVIRT_FASTPATH_H
#include "../cpu/cpu.h"
#include "../iface/fastpath.h"
#include "../iface/vcpu.h"
#include "../insn/insn.h"

/* The guest was interrupted at cpu->rip. If that is in the fast path, makes the guest's state
   complete, as it is before or after the instruction of the site. Returns 0 if it is not in
   the fast path; else the length of the site's call, or another number that is not 0 if a
   single step cannot have led there. */
int fastpath_interrupted(struct cpu *cpu);
/* cpu->rip is behind the call of a site that led to read.S or call.S: sets it back to the site.
   Returns the length of the call. */
unsigned fastpath_again(struct cpu *cpu);
/* Returns the jump slot whose code's first instruction ends at @rip, or -1. */
int fastpath_jump_at(uint64_t rip);

/* Forbids (@on) or allows again the fast path of all call slots, for one of these reasons: the
   guest's kernel has IOPL, NT or AC set; it has breakpoints, which the slow path emulates. */
#define FASTPATH_NOT_WITH_FLAGS 1u
#define FASTPATH_NOT_WITH_BREAKPOINTS 2u
void fastpath_forbid(unsigned reason, int on);

/* To be called on each processor before its user mode runs. System calls take the slow path until
   fastpath_syscall_learn. */
void fastpath_syscall_init(struct cpu *cpu);
/* System calls take the fast path from now on, if the MSRs of @cpu allow it. */
void fastpath_syscall_learn(struct cpu *cpu);
/* Before the first SYSRET after a change of its MSRs: sets the selectors that it loads. */
void fastpath_sysret_learn(const struct cpu *cpu);
/* An IRET to user mode takes the fast path if it loads these selectors. VCPU_LOCAL. */
extern uint64_t fastpath_user_cs, fastpath_user_ss;
/* Not 0: user mode has run, and struct cpu does not have its selectors yet. VCPU_LOCAL. */
extern uint8_t fastpath_stale_selectors;

/* Returns the address of the fast path's code for @insn, of call slot @slot, or 0. */
uint64_t fastpath_read_of(const struct insn *insn);
uint64_t fastpath_call_of(unsigned slot, const struct insn *insn);

/* Of the back-end. */

/* Not 0: events are masked (IF is 0); an event is pending. VCPU_LOCAL. */
extern uint8_t fastpath_masked, fastpath_pending;
/* The slots that sites call and jump through. Returns the slow path's code for a call slot. */
extern uint64_t previrt_call_slots[], previrt_jump_slots[];
uint64_t fastpath_call_stub(unsigned slot);
/* Reads user mode's selectors into struct cpu if fastpath_stale_selectors is not 0. */
void fastpath_look_at_selectors(void);
/* The lock that C runs under, so that one processor at a time does. */
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
