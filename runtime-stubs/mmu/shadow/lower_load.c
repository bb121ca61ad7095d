/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/* A load of CR3: finds the space of the root, compares the tables that have changed since that
   space was loaded last, and makes it the running one. */
#include "lower.h"
#include "dirty_list.h"
#include "frames.h"
#include "pairs.h"
#include "upper.h"
#include "../paging.h"

/* Returns the number of the space whose root is @gfn, or -1. */
static int lower_known(uint32_t gfn)
{
	unsigned owner = gfn < shadow_vm.frame_count ? shadow_vm.frames[gfn].owner : 0;

	if (owner && owner < SHADOW_WATCHED && shadow_vm.tables[owner].level == 4 &&
	    spaces_vm.space[shadow_vm.tables[owner].space].vcpu == backend_vcpu)
		return shadow_vm.tables[owner].space;
	for (unsigned i = 0; shadow_is_shared() && i < spaces_vm.count; i++)
		if (spaces_vm.space[i].vcpu == backend_vcpu && shadow_vm.tables[spaces_vm.space[i].kernel].gfn == gfn)
			return i;
	return -1;
}

/* Returns the number of the space for the root @gfn. */
static unsigned lower_find(uint32_t gfn)
{
	int number;

	if (spaces_vcpu.has_space && shadow_vm.tables[lower_running()->kernel].gfn == gfn)
		return spaces_vcpu.now;
	number = lower_known(gfn);
	return number >= 0 && !lower_is_drained(&spaces_vm.space[number]) ? (unsigned)number : lower_choose();
}

/* Compares the dirty tables of one group of the list. That is enough for tables of level 1, as
   the levels above are unchanged. Returns -1 if a table of another level is dirty. */
static int lower_sync_listed(struct space *space, unsigned at)
{
	for (unsigned i = at; i < at + DIRTY_LIST_AT_ONCE; i++) {
		unsigned table = dirty_list_table(&space->list, i);
		const struct shadow_table *s = &shadow_vm.tables[table];

		if (shadow_is_current(s->gfn, table))
			continue;
		if (s->level != 1)
			return -1;
		lower_sync(space, table, s->gfn, (s->rights & (PTE_W | PTE_U)) |
			   (s->rights & 1 ? PTE_NX : 0));
	}
	return 0;
}

/* Compares the space by its dirty list. Returns 1 if it now agrees with the guest's tables. 0:
   a table of a higher level is dirty, or a comparison has made the list invalid. */
static int lower_sync_dirty(struct space *space)
{
	struct dirty_list list = space->list;
	int at = dirty_list_dirty(&list, 0);

	for (; at >= 0; at = dirty_list_dirty(&list, at + DIRTY_LIST_AT_ONCE))
		if (lower_sync_listed(space, at))
			return 0;
	return space->list.epoch == list.epoch;
}

/* Returns 1 if the space agrees with the guest's tables: none of them is dirty, or the dirty
   list sufficed. Makes the list if there is none. */
static int lower_clean(struct space *space)
{
	const struct shadow_table *s = &shadow_vm.tables[space->kernel];
	int listed;

	if (dirty_list_is_known(&space->list))
		return lower_sync_dirty(space);
	if (s->forced || !shadow_is_current(s->gfn, space->kernel))
		return 0;
	dirty_list_begin();
	/* With several processors a clear bit alone is no proof (flushes.h), so there is no list. */
	listed = !shadow_is_shared() && !dirty_list_add(space->kernel);
	for (unsigned t = space->first; t; t = s->next) {
		s = &shadow_vm.tables[t];
		if (s->piece)
			continue;
		if (s->forced || !shadow_is_current(s->gfn, t))
			return 0;
		listed = listed && !dirty_list_add(t);
	}
	if (listed)
		dirty_list_end(&space->list);
	return 1;
}

int lower_load(uint64_t root)
{
	uint32_t own = root / BACKEND_PAGE < shadow_vm.frame_count ? root / BACKEND_PAGE
								: SHADOW_NO_GFN;
	uint32_t gfn = (spaces_vcpu.on_lesser = pairs_is_running(own)) ? own ^ 1 : own;
	unsigned before = spaces_vcpu.now, number = lower_find(gfn);
	struct space *space = &spaces_vm.space[number];
	int is_first = !spaces_vm.clock, is_new_here = !spaces_vcpu.has_space;
	int is_other = is_new_here || number != before;
	int changed = shadow_vm.tables[space->kernel].gfn != gfn ||
		      !shadow_is_current(gfn, space->kernel);

	spaces_vm.processors += is_new_here;
	spaces_vcpu.now = number;
	spaces_vcpu.has_space = 1;
	if (shadow_vm.tables[space->kernel].gfn != gfn)
		space->paired = space->apart = 0;
	paging_vcpu.top_ignored = space->paired ? PTE_NX : 0;
	if (space->supervisor)		/* these pages go before user mode runs */
		requests_vcpu.slow = 1;
	space->loaded = ++spaces_vm.clock;
	if (changed || !lower_clean(space)) {
		if (shadow_is_shared())
			lower_settle(space);
		lower_sync(space, space->kernel, gfn, PTE_W | PTE_U);
	}
	spaces_vcpu.root = (uint64_t)shadow_vm.tables[space->kernel].gfn * BACKEND_PAGE;
	/* The processor starts with the roots of the first space. */
	if (is_other && !is_first) {
		backend_load_roots(space->kernel, space->user);
		shadow_vm.flush_pending &= ~BACKEND_FLUSH;
		shadow_flushed(0);
		if (!is_new_here)
			spaces_vm.space[before].running = 0;
		lower_note_recent(number);
	}
	space->running = 1;
	return changed || space->upper != upper_vm.generation;
}
