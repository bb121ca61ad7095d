/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * The lower half of the shadow: a space for each of the guest's roots that was
 * loaded lately, filled by faults.
 *
 * Invariants:
 *  - A table of a space hangs below one entry. It stands for one table of the
 *    guest's (gfn) or a piece of a large page (piece), and `used' has a bit for
 *    each present entry. Of a piece, present pages rely on the large page's accessed
 *    bit, writable ones of user mode's on its dirty bit (PTE_D in piece).
 *  - When a space runs, whatever its tables hold the guest's tables held at the
 *    last flush, or hold now.
 *  - A space is of one processor, as a TLB is; others have their own.
 *  - No table of a space that runs is empty or used anew before its processor's
 *    TLB has forgotten it; one that does not run is in no TLB (backend_load_roots).
 *  - A root that comes anew may take over the tables of a space that is no
 *    more: entries that are the same in both stay.
 */
#ifndef PREVIRT_MMU_SHADOW_LOWER_H
#define PREVIRT_MMU_SHADOW_LOWER_H
#include "frames.h"
#include "pool.h"
#include "spaces.h"

#define LOWER_AROUND 16		/* entries looked at around a fault */

static inline int lower_used(const struct shadow_table *s, unsigned index)
{
	return s->used[index / 64] >> index % 64 & 1;
}

/* lower_tables.c: an entry of level 2 to 4, or a leaf, is set; a table, with all below it,
   is given back; so is what entry @index leads to; all of @space. */
void lower_set_link(struct space *space, unsigned table, unsigned index, uint64_t entry);
void lower_set_page(unsigned table, unsigned index, uint64_t entry);
void lower_free(struct space *space, unsigned table);
void lower_drop(struct space *space, unsigned table, unsigned index);
void lower_empty(struct space *space);

/* lower_give.c: a number below @below, the same in each run; a space that is @good, or
   NULL. */
unsigned lower_random(unsigned below);
struct space *lower_victim(int (*good)(const struct space *space));
/* A space gives up its tables: one that does not run or, with @running, one that
   does and has user pages alone. -1: there is none. */
int lower_give(int running);

/* It would have to take tables from others: better to have theirs as they stand. */
#define SPACE_ROOM 12		/* tables that are left when a space is made, at least */
static inline int lower_is_drained(const struct space *space)
{
	return !space->first && !pool_has_room(SPACE_ROOM);
}

/* lower_choose.c: the number of a space for a root that has none; space @number was
   loaded. */
unsigned lower_choose(void);
static inline void lower_note_recent(unsigned number)
{
	spaces_vm.recent[spaces_vm.recent_next++ % SPACES_RECENT] = number;
}
/* Spaces whose process is gone most likely lose their tables (upper_purge). */
void lower_purge(void);

/* lower_sync.c: @table stands for the guest's table @gfn from now on; @space maps a
   supervisor page. */
void lower_claim(unsigned table, uint32_t gfn);
void lower_note_supervisor(struct space *space);
void lower_change_page(struct space *space, unsigned table, unsigned index, uint64_t want);
/* Make what @table holds what the guest's table @gfn says; nothing is added. @flags:
   the rights gathered above. */
void lower_sync(struct space *space, unsigned table, uint32_t gfn, uint64_t flags);
/* At the end of a run: make space @n what it would be if it ran. Gives its root of
   the guest's, and whether it may map supervisor pages. */
uint64_t lower_renew(unsigned n, int *supervisor);

/* The shadow of one page by the guest's entry, when all tables above allow what
   @flags says; 0: not mapped before it is touched. */
static inline uint64_t lower_leaf(uint64_t entry, uint64_t flags)
{
	if ((entry & (PTE_P | PTE_A)) != (PTE_P | PTE_A))
		return 0;
	flags = (flags & (entry | ~(PTE_W | PTE_U))) | (entry & PTE_NX);
	return shadow_leaf(entry & PTE_ADDRESS, entry, flags);
}

/*
 * The guest's @entry, which the link in @table stands for, has its accessed bit; one that
 * was cleared is set by the next fault. LIMIT: not at level 4 of a pair: of its two entries
 * one is marked, either one.
 */
static inline int lower_is_accessed(const struct space *space, unsigned table, uint64_t entry)
{
	return (entry & PTE_A) || (space->paired && shadow_vm.tables[table].level == 4);
}

static inline void lower_sync_page(struct space *space, unsigned table, unsigned index,
				   uint64_t entry, uint64_t flags)
{
	uint64_t want = lower_leaf(entry, flags);

	if (shadow_user_leaf_differs(backend_table_get(table, index), want))
		lower_change_page(space, table, index, want);
}

/* lower_settle.c: with several processors, before @space is compared. */
void lower_settle(struct space *space);

/* lower_load.c */
/* The space of @root runs from now on, its lower half as the guest's tables say.
   Gives 1 if the level-4 table's upper entries may be others than those of the
   root before. */
int lower_load(uint64_t root);

/* lower_fill.c, lower_early.c, lower_invalidate.c */
/* Map the page @walk leads to; -1: there is nothing to map. */
int lower_fill(uint64_t va, const struct mmu_walk *walk);
/* All that the guest maps: for a kernel that starts in the lower half. */
void lower_fill_all(uint64_t root);
void lower_invalidate(uint64_t va);

#endif
