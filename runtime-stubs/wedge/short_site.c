/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * Sites that have trapped because they are too short for the prefix of fs
 * (rewriter_trap_slot). In a kernel that has been moved, one that has run at its
 * place gets a call or jump of that place's own, and traps no more.
 *
 * LIMIT: code that is copied elsewhere after it has run refers to what lies as far from
 * the copy. A kernel's relocation of code it copies (kprobes) takes that into account.
 */
#include "wedge.h"
#include "entry.h"
#include "../iface/vcpu.h"
#include "../mmu/mmu.h"

#define REACH (1ull << 31)

void (*wedge_loader)(struct cpu *cpu);

/* The kernel's image, and its modules ahead of that. */
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
