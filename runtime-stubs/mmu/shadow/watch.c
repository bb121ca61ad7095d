/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/* Clearing the dirty bits of a frame, so that the next write sets one. */
#include "frames.h"
#include "pool.h"

/* Returns 1 if a dirty bit was set; it counts as clear after the next flush. */
static int shadow_clean_aliases(const struct shadow_frame *frame)
{
	int was_set = 0;

	for (unsigned i = 0; frame->writers && i < 2; i++) {
		uint64_t entry = shadow_alias(frame, i);

		if (!(entry & PTE_D))
			continue;
		backend_table_set(frame->alias[i] >> 16, frame->alias[i] & 511, entry & ~PTE_D);
		was_set = 1;
	}
	return was_set;
}

int shadow_watch(uint32_t gfn, uint16_t owner)
{
	struct shadow_frame *frame = &shadow_vm.frames[gfn];
	int was_set;

	if (gfn >= shadow_vm.frame_count)
		return 0;
	if (frame->owner != owner) {
		shadow_disown(frame);
		frame->owner = owner;
	}
	was_set = shadow_clean_aliases(frame);
	if (backend_linear[gfn] & PTE_D) {
		backend_frame_clean(gfn);
		was_set = 1;
	}
	if (was_set)
		shadow_vm.flush_pending |= BACKEND_FLUSH;
	if (was_set && shadow_is_shared())
		frame->since = flushes_watch();
	return was_set;
}

int mmu_watched_level(uint64_t gfn)
{
	uint16_t owner = gfn < shadow_vm.frame_count ? shadow_vm.frames[gfn].owner : 0;

	return owner && owner < SHADOW_WATCHED ? shadow_vm.tables[owner].level : 0;
}

void shadow_settle(void)
{
	shadow_vm.flush_pending |= BACKEND_FLUSH_ALL;
	pool_commit(1);
}

void mmu_halts(void)
{
	if (shadow_is_shared())
		flushes_away();
}

void mmu_goes_on(void)
{
	if (!shadow_is_shared() || !flushes_back())
		return;
	shadow_vm.flush_pending |= BACKEND_FLUSH;
	pool_commit(1);
}

/* LIMIT: not with several processors, as each one's TLB would have to be flushed for the bit to
   be set again. */
const uint8_t *mmu_watch_writes(const void *memory, int start)
{
	uint64_t gfn = ((const uint8_t *)memory - backend_guest_memory) / BACKEND_PAGE;
	struct shadow_frame *frame = &shadow_vm.frames[gfn];

	if (gfn >= shadow_vm.frame_count || frame->writers || shadow_is_shared() ||
	    (frame->owner != SHADOW_WATCHED && (frame->owner || !start)))
		return NULL;
	if (!start)
		return (const uint8_t *)&backend_linear[gfn];
	shadow_watch(gfn, SHADOW_WATCHED);
	pool_commit(1);
	return (const uint8_t *)&backend_linear[gfn];
}
