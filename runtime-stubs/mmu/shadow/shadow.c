/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/* What the MMU asks of the shadow (shadow.h), for both halves. */
#include "shadow.h"
#include "lower.h"
#include "frames.h"
#include "pairs.h"
#include "pool.h"
#include "upper.h"
#include "nonglobal.h"
#include "../mmu.h"
#include "../new_code.h"

/* Comparing so many tables takes about what a purge does. */
#define PURGE_AFTER 8192u

static void shadow_init(void)
{
	shadow_frame_count = backend_guest_bytes / BACKEND_PAGE;
	shadow_tables = backend_memory(backend_table_limit() * sizeof(*shadow_tables));
	shadow_frames = backend_memory(shadow_frame_count * sizeof(*shadow_frames));
}

void shadow_commit(int flush)
{
	pool_commit(flush | shadow_is_shared());	/* tables may be used anew by others */
	new_code_appear();
}

void shadow_load(uint64_t root, int keep_global, int early)
{
	int changed;

	if (!shadow_tables)
		shadow_init();
	changed = lower_load(root);
	root = lower_root_now;		/* of a pair, the fuller one */
	if (early)
		lower_fill_all(root);
	/* What the kernel has mapped for itself is looked at when it is back on its
	   own root: the lesser one does not have it. */
	if (!keep_global || (!lower_on_lesser && upper_sync_nonglobal(root))) {
		mmu_counters.kernel_syncs++;
		upper_sync(root);
	} else if (changed) {
		upper_sync_root(root);
	}
	if (shadow_unknown >= PURGE_AFTER && !lower_on_lesser) {
		lower_purge();
		upper_purge(root);
		shadow_unknown = 0;
	}
	lower_running()->upper = upper_generation;
	pool_commit(1);
	new_code_appear();
}

/* Hypervisors push onto the guest's stack: what belongs to a page that was
   touched (the rest of a stack mapped a moment ago) comes with it. */
int shadow_fill(uint64_t va, const struct mmu_walk *walk)
{
	if (shadow_is_lower(va))
		return lower_fill(va, walk);
	upper_sync_page(lower_root_now, va);
	return upper_fill(va, walk);
}

void shadow_invalidate(uint64_t va)
{
	if (shadow_is_lower(va))
		lower_invalidate(va);
	else
		upper_sync_page(lower_root_now, va);
}
