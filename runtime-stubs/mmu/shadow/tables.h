/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * The tables of the shadow, which the processor walks, and what is known of each.
 *
 * All roots share the tables of the upper half. Tables of the lower half belong to a
 * space, one for each root of the guest's that was loaded recently. They stay while other
 * spaces run, and are compared with the guest's before the space runs again.
 */
#ifndef PREVIRT_MMU_SHADOW_TABLES_H
#define PREVIRT_MMU_SHADOW_TABLES_H
#include "../paging.h"
#include "../../iface/memory.h"
#include "../../iface/tables.h"
#include "../../iface/vcpu.h"

#define SHADOW_LINK (PTE_P | PTE_W | PTE_U | PTE_A | PTE_D)

/* What is known of a table of the shadow. */
struct shadow_table {
	uint64_t used[8];	/* lower half: entries that are present */
	union {
		uint64_t piece;		/* lower half: the large page that it is a piece of; 0:
					   it shadows a guest table */
		uint64_t made_from;	/* upper half: the guest's entry that leads here */
	};
	uint32_t gfn;		/* lower half: the guest's table it stands for */
	union {
		uint16_t space;		/* lower half and level-4 tables: the number of its
					   space */
		uint16_t links;		/* upper half: how many entries refer to it */
	};
	uint16_t next, before;	/* lower half: others of the same space */
	uint8_t level;
	uint8_t large;		/* upper half: made from a large page */
	uint8_t forced;		/* lower half: to be compared even if no dirty bit is set */
	uint8_t rights;		/* lower half: what the tables above allow */
	uint16_t listed;	/* upper half: nonglobal.c */
	uint32_t sure;		/* lower half: when it was compared last (flushes.h) */
};

/* The tables and frames of a machine. Derived. */
struct shadow_vm {
	struct shadow_table *tables;
	struct shadow_frame *frames;	/* frames.h */
	uint64_t frame_count;
	/* BACKEND_FLUSH, BACKEND_FLUSH_ALL: a present entry was removed or changed, TLBs may
	   still have it. */
	int flush_pending;
	unsigned given_up;	/* the first table that waits for a flush; shadow_table's next */
	unsigned unknown;	/* how often a table was compared because its frame has writers
				   that are not among its aliases */
};
extern struct shadow_vm shadow_vm;	/* wedge/vm.h */

static inline unsigned shadow_index(uint64_t va, int level)
{
	return paging_index(va, level);
}

static inline int shadow_is_lower(uint64_t va)
{
	return !backend_is_upper(va);
}

/* The first address that entry @index of a level-4 table maps, in canonical form. */
static inline uint64_t shadow_top_va(unsigned index)
{
	return (uint64_t)index << 39 | (index >= 256 ? 0xffffull << 48 : 0);
}

/* Changes entry @index of @table from @old to @entry. */
static inline void shadow_set(unsigned table, unsigned index, uint64_t old, uint64_t entry)
{
	if (old & PTE_P)
		shadow_vm.flush_pending |= BACKEND_FLUSH;
	backend_table_set(table, index, entry);
}

/*
 * Returns 1 if there are several processors. A clear dirty bit is reliable then only after all
 * TLBs were flushed (flushes.h), and a guest table is read after its bit was cleared.
 */
static inline int shadow_is_shared(void)
{
	return backend_vcpus > 1;
}

/* @flags of a walk as a table has them in `rights'. */
static inline uint8_t shadow_rights(uint64_t flags)
{
	return (flags & (PTE_W | PTE_U)) | !!(flags & PTE_NX);
}

#endif
