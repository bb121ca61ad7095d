/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * The tables of the shadow, which the processor walks, and what is known of each.
 *
 * The upper half is one for all: its tables hang below every root. The lower
 * half belongs to a space, one for each root of the guest's that was seen
 * lately; it stays while other spaces run, and is made right before it runs
 * again.
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
	uint64_t piece;		/* lower half: of this large page; 0: of a table;
				   upper half: the guest's entry that leads here */
	uint32_t gfn;		/* lower half: the guest's table it stands for */
	uint16_t links;		/* upper half: entries that refer to it; lower half
				   and level-4 tables: the number of its space */
	uint16_t next, before;	/* lower half: others of the same space */
	uint8_t level;
	uint8_t large;		/* upper half: made from a large page */
	uint8_t forced;		/* lower half: it may differ without a dirty bit */
	uint8_t rights;		/* lower half: what the tables above allow */
	uint16_t listed;	/* upper half: nonglobal.c */
	uint32_t sure;		/* lower half: when it was compared last (flushes.h) */
};

/* The tables and frames of a machine. Derived. */
struct shadow_vm {
	struct shadow_table *tables;
	struct shadow_frame *frames;	/* frames.h */
	uint64_t frame_count;
	/* Something present was taken away or changed: the TLB may still hold it.
	   BACKEND_FLUSH, BACKEND_FLUSH_ALL */
	int flush_pending;
	unsigned given_up;	/* the first table that waits for a flush; shadow_table's next */
	unsigned unknown;	/* how often a table was compared because it had writers that
				   are not known */
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

/* Where entry @index of a level-4 table leads: the address is canonical. */
static inline uint64_t shadow_top_va(unsigned index)
{
	return (uint64_t)index << 39 | (index >= 256 ? 0xffffull << 48 : 0);
}

/* Entry @index of @table, which was @old, becomes @entry. */
static inline void shadow_set(unsigned table, unsigned index, uint64_t old, uint64_t entry)
{
	if (old & PTE_P)
		shadow_vm.flush_pending |= BACKEND_FLUSH;
	backend_table_set(table, index, entry);
}

/*
 * With several processors the dirty bit says nothing before their TLBs have
 * forgotten it: what was watched is read after this.
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
