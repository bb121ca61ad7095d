/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * The upper half of the shadow. Leaves carry the rights of the whole guest walk;
 * the levels above allow everything. Supervisor mappings are there eagerly.
 *
 * Invariant, for other processors run on these tables while one changes them: what
 * is mapped in the guest's tables before and after a change is mapped during it,
 * with no less rights than it has before or after. Hence
 *  - an entry becomes another by one write, never by way of 0 (upper_exchange);
 *  - a new table is full before an entry refers to it;
 *  - a table that no entry refers to any more keeps what it holds until every
 *    processor's TLB has forgotten it (pool_give_up).
 */
#ifndef PREVIRT_MMU_SHADOW_UPPER_H
#define PREVIRT_MMU_SHADOW_UPPER_H
#include "tables.h"

/* One level of the guest's tables: a table, or a large page cut into pieces. */
struct guest_level {
	uint64_t *table;	/* NULL: a piece of @large, or nothing at all */
	uint64_t large;
	uint64_t flags;		/* rights gathered above */
	int level;
};

/* Is all that an entry of @level can map, from @va on, reserved? */
static inline int upper_is_reserved(uint64_t va, int level)
{
	return backend_va_reserved(va) &&
	       backend_va_reserved(va + (1ull << (3 + 9 * level)) - BACKEND_PAGE);
}

static inline uint64_t guest_entry(const struct guest_level *guest, unsigned index)
{
	if (guest->table) {	/* once: another processor may write to it */
		uint64_t entry = __atomic_load_n(&guest->table[index], __ATOMIC_RELAXED);

		return paging_is_reserved(entry, guest->level) ? 0 : entry;
	}
	if (!guest->large)
		return 0;
	return (guest->large & ~(guest->level == 1 ? PTE_PS : 0)) +
	       ((uint64_t)index << (3 + 9 * guest->level));
}

/* What the upper half of a machine is made from. Derived. */
struct upper_vm {
	/*
	 * The level-4 entries that count: what the table that was loaded last had. As soon
	 * as several processors run: what any had, for one may be on a table that lacks
	 * what another stands on (page-table isolation). LIMIT: the kernel then sees more
	 * than it has mapped.
	 */
	uint64_t entries[512];
	/* Another number whenever the upper entries of the root that was loaded last were
	   not those of the one before; not 0. */
	unsigned generation;
	/* While upper_sync.c runs: the tables on the way to what is looked at, by level; ... */
	unsigned way[PAGING_LEVELS + 1];
	/* ... writers are counted (upper_purge); from level @shallow down, tables that the
	   same entry leads to as before are left alone: what has changed in them is seen to
	   elsewhere. */
	int notes_writers, shallow;
};
extern struct upper_vm upper_vm;	/* wedge/vm.h */

/* upper_top.c */
struct guest_level guest_top(uint64_t root);
/* The level below entry @entry of @guest. */
struct guest_level guest_below(const struct guest_level *guest, uint64_t entry);
/* Several processors run: what any of their roots has counts. */
int upper_together(void);
/* Entry @i of a level-4 table, @entry, counts from now on; 1 if it is another than
   before. */
int upper_learn(unsigned i, uint64_t entry);
/* The level-4 table @root, or an empty one. */
const uint64_t *upper_root(uint64_t root);
/* The entry of the level-4 table that counts for @va. */
uint64_t upper_top_entry(uint64_t root, uint64_t va);

/* upper_tables.c: an entry is set; it becomes another, and what it led to goes if nothing
   else leads there; it becomes 0. */
void upper_set_leaf(unsigned table, unsigned index, uint64_t old, uint64_t entry);
void upper_exchange(unsigned table, unsigned index, int level, uint64_t entry);
void upper_clear(unsigned table, unsigned index, int level);
/* The table below entry @index of @table (of @level) that may be changed in place;
   0: there is none. */
unsigned upper_existing(unsigned table, unsigned index, int level, uint64_t va);
/* A table of @level that nothing refers to yet, or 0. */
unsigned upper_new(int level);
/* upper_existing at level 3 or 4; one that was not there is made, empty. */
unsigned upper_below(unsigned table, unsigned index, int level, uint64_t va);

/* upper_share.c. 1: entry @index is done, by its neighbour's table; @table has been shared
   with a neighbour that was equal, and @entry is not; entry @index is done, by a linear
   table. */
int upper_share(unsigned table, unsigned index, uint64_t va, const struct guest_level *guest);
int upper_is_anothers(unsigned table, uint64_t entry);
int upper_fill_linear(unsigned table, unsigned index, uint64_t gpa, uint64_t flags);

/* upper_sync.c */
/* Make entry @index of the shadow's @table what the guest's entry says, all below it
   included. */
void upper_sync_entry(unsigned table, unsigned index, uint64_t va,
		      const struct guest_level *guest);

/* upper.c */
void upper_sync(uint64_t root);
/* The 2 MiB around @va, by the guest's tables as they are now. */
void upper_sync_page(uint64_t root, uint64_t va);
/*
 * Forget what a TLB may forget: mappings that the guest has taken away and not
 * flushed (Linux collects those of vmalloc), and spaces whose process is gone most
 * likely. They count as writers of frames that have become page tables since.
 */
void upper_purge(uint64_t root);
/* What the guest's table of @level (1 to 3) around @va maps itself; tables that it
   has led to before are left alone. */
void upper_sync_below(uint64_t root, uint64_t va, int level);
/* @root's level-4 table was written to, or is not of this generation: its upper
   entries. */
void upper_sync_root(uint64_t root);

/* upper_fill.c: map what @walk says of @va; -1: that cannot be. */
int upper_fill(uint64_t va, const struct mmu_walk *walk);

#endif
