/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/* Page faults fill the lower half. */
#include "lower.h"
#include "frames.h"
#include "pool.h"
#include "walk_cache.h"
#include "../paging.h"

/* Returns the table below entry @index, which shadows what the guest's @entry refers to. Makes
   it if needed. Returns 0 if no table is left. */
static unsigned lower_below(struct space *space, unsigned table, unsigned index, int level,
			    uint64_t entry, uint64_t flags)
{
	uint64_t piece = entry & PTE_PS ? entry & ~(PTE_A | PTE_D) : 0;
	uint32_t gfn = piece ? SHADOW_NO_GFN : (entry & PTE_ADDRESS) / BACKEND_PAGE;
	struct shadow_table *s;
	unsigned below;

	if (lower_used(&shadow_vm.tables[table], index)) {
		below = backend_table_of(backend_table_get(table, index));
		s = &shadow_vm.tables[below];
		if (below && (s->piece & ~PTE_D) == piece) {
			if (s->gfn != gfn || s->rights != shadow_rights(flags))
				lower_sync(space, below, gfn, flags);
			return below;
		}
		lower_drop(space, table, index);
	}
	below = pool_alloc_lower(level - 1);
	if (!below)
		return 0;
	s = &shadow_vm.tables[below];
	*s = (struct shadow_table){ .level = level - 1, .piece = piece, .next = space->first,
				    .rights = shadow_rights(flags), .space = space - spaces_vm.space };
	space->list.epoch = 0;
	if (space->first)
		shadow_vm.tables[space->first].before = below;
	space->first = below;
	lower_assign(below, gfn);
	lower_set_link(space, table, index, backend_table_address(below) | SHADOW_LINK);
	return below;
}

/* A large supervisor page, before user mode runs: refers to a linear table. Returns 0 if there is
   none for it. */
static int lower_fill_linear(struct space *space, unsigned table, unsigned index,
			     const struct mmu_walk *walk)
{
	unsigned linear = walk->flags & PTE_U ? 0 :
			  backend_table_linear((walk->gpa & ~0x1fffffull) / BACKEND_PAGE);
	uint64_t have = backend_table_get(table, index), want;

	if (!linear)
		return 0;
	want = backend_table_address(linear) | PTE_P | PTE_A |
	       (walk->flags & (PTE_W | PTE_NX));
	if (!((have ^ want) & SHADOW_COMPARED))
		return 1;
	if (have & PTE_P)
		lower_drop(space, table, index);
	lower_set_link(space, table, index, want);
	return 1;
}

/* Maps user pages next to entry @index that have their accessed bit set: they are likely to be
   accessed next. */
static void lower_fill_around(unsigned table, unsigned index, uint64_t flags)
{
	const uint64_t *guest = frame_table(shadow_vm.tables[table].gfn);
	unsigned start = index & ~(LOWER_AROUND - 1u);

	for (unsigned i = start; guest && i < start + LOWER_AROUND; i++) {
		uint64_t want;

		if (i == index || !(guest[i] & PTE_P) || lower_used(&shadow_vm.tables[table], i))
			continue;
		want = lower_leaf(guest[i], flags);
		if (want & PTE_U)
			lower_set_page(table, i, want);
	}
}

/* What lower_fill_once returns. */
enum lower_filled {
	LOWER_FILLED,
	LOWER_NOT_MEMORY,	/* nothing can be mapped there */
	LOWER_NO_TABLE		/* no table was left, and no other space could give one */
};

static enum lower_filled lower_fill_once(uint64_t va, const struct mmu_walk *walk)
{
	struct space *space = lower_running();
	unsigned table = space->kernel, index = 0;
	uint64_t leaf = shadow_leaf(walk->gpa & PTE_ADDRESS, walk->leaf, walk->flags);
	uint64_t flags = PTE_W | PTE_U;

	if (!leaf)
		return LOWER_NOT_MEMORY;
	for (int level = 4; level > 1; level--) {
		uint64_t entry = walk->entries[level];

		index = shadow_index(va, level);
		if (level == 2 && walk->level >= 2 && lower_fill_linear(space, table, index, walk)) {
			lower_note_supervisor(space);
			return LOWER_FILLED;
		}
		if (level <= walk->level)
			entry = walk->leaf;
		if (level == 4)
			entry &= ~paging_vcpu.top_ignored;
		flags = (flags & (entry | ~(PTE_W | PTE_U))) | (entry & PTE_NX);
		table = lower_below(space, table, index, level, entry, flags);
		if (!table)
			return LOWER_NO_TABLE;
		if (shadow_vm.tables[table].piece && (leaf & PTE_U) && (leaf & PTE_W))
			shadow_vm.tables[table].piece |= PTE_D;
	}
	if (!(walk->flags & PTE_U))
		lower_note_supervisor(space);
	index = shadow_index(va, 1);
	if (walk->level == 1) {
		walk_cache_remember(va, table);
		lower_fill_around(table, index, flags);
	}
	lower_set_page(table, index, leaf);
	return LOWER_FILLED;
}

int lower_fill(uint64_t va, const struct mmu_walk *walk)
{
	enum lower_filled result;

	if (backend_va_reserved(va & ~0xfffull))
		return -1;
	result = lower_fill_once(va, walk);
	if (result == LOWER_NO_TABLE) {		/* all tables left are this space's own */
		lower_empty(lower_running());
		result = lower_fill_once(va, walk);
	}
	return result == LOWER_FILLED ? 0 : -1;
}
