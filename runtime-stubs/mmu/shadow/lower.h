/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * The lower half of the shadow: a space for each root of the guest's that was loaded
 * recently, filled by faults.
 *
 * Invariants:
 *  - One entry refers to each table of a space. The table shadows one guest table (gfn)
 *    or a piece of a large page (piece). `used' has a bit for each present entry. The
 *    pages of a piece are present only with the large page's accessed bit set, and user
 *    pages writable only with its dirty bit set (PTE_D in piece).
 *  - What the tables of a running space map, the guest's tables map now or have mapped
 *    at the last flush.
 *  - A space belongs to one processor, as a TLB does.
 *  - A table of a running space is emptied or reused only after its processor's TLB was
 *    flushed. A space that does not run is in no TLB (backend_load_roots).
 *  - A new root may take over the tables of an abandoned space. Entries that are the
 *    same in both stay.
 */
#ifndef PREVIRT_MMU_SHADOW_LOWER_H
#define PREVIRT_MMU_SHADOW_LOWER_H
#include "frames.h"
#include "pool.h"
#include "spaces.h"

#define LOWER_AROUND 16		/* aligned group of entries that one fault may map */

static inline int lower_used(const struct shadow_table *s, unsigned index)
{
	return s->used[index / 64] >> index % 64 & 1;
}

/* lower_tables.c: set an entry of level 2 to 4; set a leaf. */
void lower_set_link(struct space *space, unsigned table, unsigned index, uint64_t entry);
void lower_set_page(unsigned table, unsigned index, uint64_t entry);
/* Free @table and all below it; the table below entry @index; all tables of @space but the
   roots. */
void lower_free(struct space *space, unsigned table);
void lower_drop(struct space *space, unsigned table, unsigned index);
void lower_empty(struct space *space);

/* lower_give.c: a pseudo-random number below @below, from a fixed seed. */
unsigned lower_random(unsigned below);
/* Returns a space that is @good and has not run recently, or NULL if none is @good. */
struct space *lower_victim(int (*good)(const struct space *space));
/* Frees the tables of one space that does not run or, with @running and none such, of one
   that runs and has user pages only. Returns -1 if there is none. */
int lower_give(int running);

/* Returns 1 if @space has no tables and too few are free to fill it. A new root takes over
   another space with its tables then. */
#define SPACE_ROOM 12		/* free tables that a new space needs, at least */
static inline int lower_is_drained(const struct space *space)
{
	return !space->first && !pool_has_room(SPACE_ROOM);
}

/* lower_choose.c: returns the number of a space for a root that has none. */
unsigned lower_choose(void);
/* Space @number was loaded. */
static inline void lower_note_recent(unsigned number)
{
	spaces_vm.recent[spaces_vm.recent_next++ % SPACES_RECENT] = number;
}
/* Frees the tables of abandoned spaces (upper_purge). */
void lower_purge(void);

/* lower_sync.c: @table shadows the guest's table @gfn from now on, and owns its frame. */
void lower_assign(unsigned table, uint32_t gfn);
/* @space maps a supervisor page: shadow_before_user has to remove it. */
void lower_note_supervisor(struct space *space);
/* Sets leaf @index of @table, which differs from @want. */
void lower_change_page(struct space *space, unsigned table, unsigned index, uint64_t want);
/* Updates the entries in use of @table by the guest's table @gfn; adds none. @flags: the
   rights of the levels above. */
void lower_sync(struct space *space, unsigned table, uint32_t gfn, uint64_t flags);
/* At the end of a run: updates space @n as a load would. Returns the guest's root, and in
   *@supervisor whether the space may map supervisor pages. */
uint64_t lower_renew(unsigned n, int *supervisor);

/* Returns the shadow's entry for the guest's @entry of level 1, with the rights @flags of the
   levels above. Returns 0 if the page is not to be mapped before an access. */
static inline uint64_t lower_leaf(uint64_t entry, uint64_t flags)
{
	if ((entry & (PTE_P | PTE_A)) != (PTE_P | PTE_A))
		return 0;
	flags = (flags & (entry | ~(PTE_W | PTE_U))) | (entry & PTE_NX);
	return shadow_leaf(entry & PTE_ADDRESS, entry, flags);
}

/*
 * Returns 1 if the guest's @entry, shadowed by a link in @table, has its accessed bit set.
 * If the guest has cleared it, the link is removed and the next fault sets the bit. LIMIT:
 * not at level 4 of a pair, where a fault marks only one of the two entries.
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

/* lower_settle.c: with several processors, before @space is compared: flushes all TLBs if that
   saves comparisons. */
void lower_settle(struct space *space);

/* lower_load.c */
/* Makes the space of @root the running one, and its lower half what the guest's tables say.
   Returns 1 if the upper entries of the level-4 table may differ from those of the root
   before. */
int lower_load(uint64_t root);

/* lower_fill.c, lower_early.c, lower_invalidate.c */
/* Maps the page that @walk leads to. Returns -1 if no memory can be mapped there. */
int lower_fill(uint64_t va, const struct mmu_walk *walk);
/* Maps all that the guest maps, for a kernel that starts in the lower half. */
void lower_fill_all(uint64_t root);
void lower_invalidate(uint64_t va);

#endif
