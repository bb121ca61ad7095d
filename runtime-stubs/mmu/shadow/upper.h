/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * The upper half of the shadow. Leaves have the rights of the whole guest walk; the
 * levels above allow everything. All supervisor mappings are present after each flush.
 *
 * Invariant, as other processors use these tables while one changes them: what the
 * guest's tables map before and after a change is mapped during the change, with at least
 * the rights that are common to both. Hence
 *  - an entry changes by one write, without being 0 in between (upper_exchange);
 *  - a new table is filled before an entry refers to it;
 *  - a table that no entry refers to any more is unchanged until every processor's
 *    TLB was flushed (pool_give_up).
 */
#ifndef PREVIRT_MMU_SHADOW_UPPER_H
#define PREVIRT_MMU_SHADOW_UPPER_H
#include "tables.h"

/* A guest table, or a large page taken as a table of its pieces. */
struct guest_level {
	uint64_t *table;	/* NULL: the pieces of @large, or no entries at all */
	uint64_t large;
	uint64_t flags;		/* the rights of the levels above */
	int level;
};

/* Returns 1 if all addresses of an entry of @level, from @va on, are reserved. */
static inline int upper_is_reserved(uint64_t va, int level)
{
	return backend_va_reserved(va) &&
	       backend_va_reserved(va + (1ull << (3 + 9 * level)) - BACKEND_PAGE);
}

/* Returns entry @index of @guest; 0 if it has a reserved bit. */
static inline uint64_t guest_entry(const struct guest_level *guest, unsigned index)
{
	if (guest->table) {	/* read once: another processor may write to it */
		uint64_t entry = __atomic_load_n(&guest->table[index], __ATOMIC_RELAXED);

		return paging_is_reserved(entry, guest->level) ? 0 : entry;
	}
	if (!guest->large)
		return 0;
	return (guest->large & ~(guest->level == 1 ? PTE_PS : 0)) +
	       ((uint64_t)index << (3 + 9 * guest->level));
}

/* Of the upper half of a machine. Derived. */
struct upper_vm {
	/*
	 * The guest's level-4 entries that the shadow is made from: those of the root that was
	 * loaded last. With several processors: those of any root that was loaded, as one
	 * processor may run on a root that lacks what another one needs (page-table
	 * isolation). LIMIT: the kernel then sees more than it has mapped.
	 */
	uint64_t entries[512];
	/* Changes when a root is loaded whose upper entries differ from those of the root
	   before; not 0. */
	unsigned generation;
	/* The rest is used while upper_sync.c runs. way: the shadow's tables from the root to
	   the entry that is compared, by level. notes_writers: upper_purge records writers.
	   shallow: tables of this level and below that the same guest entry refers to as
	   before are not compared; they are compared elsewhere. */
	unsigned way[PAGING_LEVELS + 1];
	int notes_writers, shallow;
};
extern struct upper_vm upper_vm;	/* wedge/vm.h */

/* upper_top.c: the guest's level-4 table that counts. */
struct guest_level guest_top(uint64_t root);
/* The level below @entry of @guest. */
struct guest_level guest_below(const struct guest_level *guest, uint64_t entry);
/* Returns 1 if several processors run, so that the entries of all roots count. */
int upper_together(void);
/* Entry @i of the level-4 table counts as @entry from now on. Returns 1 if it has changed. */
int upper_learn(unsigned i, uint64_t entry);
/* The level-4 table @root; an empty table if @root is not memory. */
const uint64_t *upper_root(uint64_t root);
/* The entry of the level-4 table that counts for @va. */
uint64_t upper_top_entry(uint64_t root, uint64_t va);

/* upper_tables.c: changes a leaf from @old to @entry. */
void upper_set_leaf(unsigned table, unsigned index, uint64_t old, uint64_t entry);
/* Change an entry of @level (exchange: 2 to 4); clear: to 0. The table that the old entry referred
   to is given up if no other entry refers to it. */
void upper_exchange(unsigned table, unsigned index, int level, uint64_t entry);
void upper_clear(unsigned table, unsigned index, int level);
/* Returns the table below entry @index of @table (of @level), which may be changed in place, or
   0 if there is none. */
unsigned upper_existing(unsigned table, unsigned index, int level, uint64_t va);
/* Returns a new table of @level that no entry refers to, or 0 if none is left. */
unsigned upper_new(int level);
/* upper_existing at level 3 or 4, but makes an empty table if there is none. */
unsigned upper_below(unsigned table, unsigned index, int level, uint64_t va);

/* upper_share.c: if the guest's entry @index equals the one before, lets the shadow's entry refer
   to the same table. Returns 1 if it does. */
int upper_share(unsigned table, unsigned index, uint64_t va, const struct guest_level *guest);
/* Returns 1 if several entries share @table and it was not made from the guest's @entry. */
int upper_is_anothers(unsigned table, uint64_t entry);
/* Lets entry @index refer to the linear table of @gpa. Returns 0 if there is none for it. */
int upper_fill_linear(unsigned table, unsigned index, uint64_t gpa, uint64_t flags);

/* upper_sync.c */
/* Updates entry @index of the shadow's @table, and all below it, by the guest's entry. */
void upper_sync_entry(unsigned table, unsigned index, uint64_t va,
		      const struct guest_level *guest);

/* upper.c: updates all of the upper half by the guest's tables. */
void upper_sync(uint64_t root);
/* The same for the 2 MiB that @va is in. */
void upper_sync_page(uint64_t root, uint64_t va);
/*
 * Removes mappings that the guest has removed and not flushed (Linux collects those of
 * vmalloc): they count as writers of frames that have become page tables since. Then
 * records the writers that are left as aliases of their frames.
 */
void upper_purge(uint64_t root);
/* Updates what the guest's table of @level (1 to 3) that maps @va has. Tables below it that it
   referred to before are not compared. */
void upper_sync_below(uint64_t root, uint64_t va, int level);
/* Updates what hangs below those upper entries of the level-4 table @root that have changed. */
void upper_sync_root(uint64_t root);

/* upper_fill.c: maps @va as @walk says. Returns -1 if no memory can be mapped there. */
int upper_fill(uint64_t va, const struct mmu_walk *walk);

#endif
