/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * With backend_fs_base, sites that are too short for an FS prefix hold an instruction that
 * traps (rewriter_trap_slot). In a kernel that was moved, the first trap replaces it by a
 * RIP-relative call or jump, which does not trap.
 *
 * LIMIT: such a call is not position-independent. Kernels that copy code (kprobes) adjust
 * RIP-relative operands in the copy.
 */
#include "wedge.h"
#include "entry.h"
#include "../iface/vcpu.h"
#include "../mmu/mmu.h"

#define REACH (1ull << 31)

void (*wedge_loader)(struct cpu *cpu);

/* Returns 1 if @va, in the kernel or its modules below it, can reach the slots by a RIP-relative
   operand. */
static int short_site_is_near(uint64_t va)
{
	return backend_near_slots && mmu_window.size && va < mmu_window.va + mmu_window.size &&
	       va - backend_near_slots < REACH;
}

int short_site_slot(struct cpu *cpu)
{
	uint8_t bytes[INSN_MAX];
	int slot;

	if (wedge_loader)
		wedge_loader(cpu);
	if (!backend_fs_base || cpu->user || cpu_fetch(cpu, bytes) < REWRITER_SHORT)
		return -1;
	slot = rewriter_trap_slot(bytes);
	if (slot < 0 || (slot < REWRITER_CALLS ? slot >= (int)wedge_rewriter.call_count :
			 slot - REWRITER_CALLS >= (int)wedge_rewriter.jump_count))
		return -1;
	if (short_site_is_near(cpu->rip)) {
		rewriter_near(&wedge_rewriter.target, slot, cpu->rip, bytes);
		mmu_poke(cpu->rip, bytes, REWRITER_SHORT);
	}
	if (slot < REWRITER_CALLS)
		cpu->rip += REWRITER_SHORT;
	return slot;
}
