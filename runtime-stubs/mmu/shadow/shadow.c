/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/* shadow.h, for both halves of the address space. */
#include "shadow.h"
#include "lower.h"
#include "frames.h"
#include "pairs.h"
#include "pool.h"
#include "upper.h"
#include "nonglobal.h"
#include "../mmu.h"
#include "../new_code.h"

/* Comparing so many tables takes about as long as a purge. */
#define PURGE_AFTER 8192u

static void shadow_init(void)
{
	flushes_restart();
	upper_vm.generation = 1;
	nonglobal_vm.number = 1;
	dirty_list_vm.epoch = 1;
	spaces_vm.random = 1;
	shadow_vm.frame_count = backend_guest_bytes / BACKEND_PAGE;
	shadow_vm.tables = backend_memory(backend_table_limit() * sizeof(*shadow_vm.tables));
	shadow_vm.frames = backend_memory(shadow_vm.frame_count * sizeof(*shadow_vm.frames));
}

void shadow_commit(int flush)
{
	pool_commit(flush | shadow_is_shared());	/* tables may be used anew by others */
	new_code_appear();
}

/* Updates the upper half for the running root. @changed: the level-4 entries may differ from
   those of the root before. The lesser root of a pair lacks the kernel's own mappings, so
   these are compared at the next load of the fuller root. */
static void shadow_sync_upper(int keep_global, int changed)
{
	uint64_t root = spaces_vcpu.root;	/* of a pair, the fuller one */

	if (!keep_global || (!spaces_vcpu.on_lesser && upper_sync_nonglobal(root))) {
		mmu_vcpu.counters.kernel_syncs++;
		upper_sync(root);
	} else if (changed) {
		upper_sync_root(root);
	} else {
		return;
	}
	lower_running()->upper = upper_vm.generation;
}

void shadow_load(uint64_t root, int keep_global)
{
	int changed;

	if (!shadow_vm.tables)
		shadow_init();
	changed = lower_load(root);
	if (!mmu_vcpu.has_run_user)
		lower_fill_all(spaces_vcpu.root);
	shadow_sync_upper(keep_global, changed);
	if (shadow_vm.unknown >= PURGE_AFTER && !spaces_vcpu.on_lesser) {
		lower_purge();
		upper_purge(spaces_vcpu.root);
		shadow_vm.unknown = 0;
	}
	pool_commit(1);
	new_code_appear();
}

/* The hypervisor pushes frames onto the guest's stack and must not fault. So a fault maps
   all of its 2 MiB: the rest of a stack that was just mapped, for one. */
int shadow_fill(uint64_t va, const struct mmu_walk *walk)
{
	if (shadow_is_lower(va))
		return lower_fill(va, walk);
	upper_sync_page(spaces_vcpu.root, va);
	return upper_fill(va, walk);
}

void shadow_invalidate(uint64_t va)
{
	if (shadow_is_lower(va))
		lower_invalidate(va);
	else
		upper_sync_page(spaces_vcpu.root, va);
}
