/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * Breakpoints of DR0 to DR3 in user mode, for a back-end that cannot load the processor's
 * debug registers. It removes the rights of the pages that are watched. An instruction
 * that faults there runs as a single step with the rights restored, and after the step
 * the functions below tell which breakpoints it has met. Intel SDM volume 3, 17.2.
 *
 * LIMIT: an access that begins below a watched address and reaches it is detected by the
 * change of its bytes only. A read, or a write of the same value, is missed. The same
 * holds for the second access of an instruction to one page.
 */
#ifndef PREVIRT_BREAKPOINTS_H
#define PREVIRT_BREAKPOINTS_H
#include <stdint.h>
#include "cpu.h"

struct breakpoints_step {
	uint8_t on;		/* an instruction is being stepped over */
	uint8_t resumes;	/* user mode was entered with RF, and nothing has happened since */
	uint8_t trap;		/* user mode's own FLAG_TF is set */
	uint8_t opcode;		/* of the instruction, where it is one byte */
	uint64_t before[4];	/* what is watched */
};

struct maps_walk;
/* @walk, of the page at @va, loses the rights that the page must not give to user mode. */
void breakpoints_limit(const struct breakpoints_step *step, const struct cpu *cpu, uint64_t va,
		       struct maps_walk *walk);
/*
 * A page fault of user mode at @va (@access: PF_W, PF_I), for whatever reason. Where a
 * breakpoint has taken the right away, a step begins: the page gives its rights, and
 * FLAG_TF is set. Returns what DR6 is to show of breakpoints on execution, which are met
 * ahead of the instruction, with FLAG_RF set; 0 elsewhere.
 */
uint64_t breakpoints_fault(struct breakpoints_step *step, struct cpu *cpu, uint64_t va,
			   uint32_t access);
/*
 * The step has ended; cpu's registers and flags are as the processor left them. The trap
 * flag becomes user mode's own, also where PUSHF has stored it. @done: the
 * instruction is carried out. Returns what DR6 is to show, 0 if nothing was met.
 */
uint64_t breakpoints_end(struct breakpoints_step *step, struct cpu *cpu, int done);

#endif
