/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * The operations of mmu.h, made of paging, the soft TLB and the shadow.
 */
#include "mmu.h"
#include "pointer.h"
#include "soft_tlb.h"
#include "shadow/shadow.h"
#include "../board/board.h"
#include "../iface/memory.h"
#include "../iface/tables.h"
#include "../iface/vcpu.h"

/* Not inlined, so that the common case of mmu_set_root saves no registers. */
static __attribute__((noinline)) void mmu_load_anew(uint64_t root)
{
	soft_tlb_forget();
	shadow_load(root, 0);
}

void mmu_set_root(uint64_t root, int keep_global)
{
	mmu_vcpu.counters.root_loads++;
	pointer_new_generation(keep_global);
	paging_vcpu.root = root;
	paging_vcpu.identity = 0;
	if (keep_global)
		shadow_load(root, 1);
	else
		mmu_load_anew(root);
}

void mmu_flush_all(void)
{
	mmu_set_root(paging_vcpu.root, 0);
}

void mmu_invalidate(uint64_t va)
{
	mmu_vcpu.counters.invalidations++;
	if (!backend_is_upper(va) && backend_is_upper(mmu_vcpu.pointer.va) && !shadow_invalidate_cached(va))
		return;
	pointer_new_generation(0);
	soft_tlb_forget();
	shadow_invalidate(va);
	shadow_commit(1);
}

/* If the two roots of the running pair differ at @va, they get a space each from now on. */
static void mmu_part_pair(uint64_t va)
{
	if (!backend_is_upper(va) && shadow_pair_differs(va))
		mmu_set_root(paging_vcpu.root, 1);
}

enum mmu_result mmu_fault(uint64_t va, uint32_t access, uint32_t *error)
{
	struct mmu_walk walk;

	mmu_part_pair(va);
	if (mmu_translate(va, access, &walk, error)) {
		mmu_vcpu.counters.reflected++;
		return MMU_REFLECTED;
	}
	if (paging_in_window(va))
		return MMU_MAPPED;
	/* A device's page is never mapped, so its neighbours are not looked at either. */
	if (bus_find_memory(&board_vm.bus, walk.gpa) || shadow_fill(va, &walk))
		return MMU_NOTHING;
	mmu_vcpu.counters.fills++;
	/* No flush: rights were only added, and the fault itself has removed the old
	   translation from the TLB (SDM volume 3, 4.10.4.1). */
	shadow_commit(0);
	return MMU_MAPPED;
}

void mmu_prefill(uint64_t va)
{
	struct mmu_walk walk;
	uint32_t error;

	if (backend_is_upper(va))
		return;
	mmu_part_pair(va);
	if (mmu_translate(va, PF_U, &walk, &error))
		return;
	if (!shadow_fill(va, &walk))
		shadow_commit(0);
}

int mmu_map_identity(uint64_t va)
{
	uint64_t rights = PTE_P | PTE_W | PTE_A | PTE_D;
	struct mmu_walk walk = { .gpa = va & PTE_ADDRESS, .level = 1, .flags = PTE_W };

	if (mmu_vcpu.has_run_user || backend_is_upper(va) || va >= backend_low_bytes)
		return -1;
	walk.leaf = walk.entries[1] = walk.gpa | rights;
	for (int level = 2; level <= 4; level++)	/* by no table of the guest's */
		walk.entries[level] = PTE_ADDRESS | rights;
	if (shadow_fill(va, &walk))
		return -1;
	shadow_commit(0);
	paging_vcpu.identity = va & PTE_ADDRESS;
	return 0;
}

int mmu_is_apart(uint64_t va)
{
	return backend_va_reserved(va - va % BACKEND_PAGE);
}

void mmu_start(void)
{
	mmu_vcpu.has_run_user = 0;
}

void mmu_user_seen(void)
{
	mmu_vcpu.has_run_user = 1;
}

void mmu_before_user(void)
{
	mmu_user_seen();
	shadow_before_user();
}
