/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/* Entries and tables of the upper half: changed by one write, kept until they are
   forgotten (upper.h). */
#include "upper.h"
#include "frames.h"
#include "spaces.h"
#include "pool.h"
#include "../mmu.h"

/* All processors run on these tables. */
static void upper_flush_later(uint64_t old)
{
	if (old & PTE_P)
		shadow_vm.flush_pending |= BACKEND_FLUSH_ALL;
}

void upper_set_leaf(unsigned table, unsigned index, uint64_t old, uint64_t entry)
{
	mmu_vm.upper_changes++;
	upper_flush_later(old);
	shadow_set_leaf(table, index, old, entry);
}

static void upper_set(unsigned table, unsigned index, uint64_t entry)
{
	uint64_t old = backend_table_get(table, index);

	mmu_vm.upper_changes++;
	upper_flush_later(old);
	if (table == backend_root(0))
		lower_set_upper_root(index, old, entry);
	else
		shadow_set(table, index, old, entry);
}

/* An entry refers to @table no more: give it back, with all below it, if that
   was the last one. */
static void upper_free(unsigned table, int level)
{
	if (--shadow_vm.tables[table].links)
		return;
	if (level > 1) {
		const uint64_t *entries = backend_table_entries(table);

		for (unsigned i = 0; i < 512; i++) {
			unsigned below = entries[i] ? backend_table_of(entries[i]) : 0;

			if (below)
				upper_free(below, level - 1);
		}
	} else {
		shadow_forget_leaves(table);
	}
	shadow_vm.tables[table].large = 0;
	pool_give_up(table);
}

/* Entry @index of @table, of @level 2 to 4, becomes @entry; what it led to goes if
   nothing else leads there. */
void upper_exchange(unsigned table, unsigned index, int level, uint64_t entry)
{
	unsigned below = backend_table_of(backend_table_get(table, index));

	upper_set(table, index, entry);
	if (below)
		upper_free(below, level - 1);
}

void upper_clear(unsigned table, unsigned index, int level)
{
	uint64_t entry = backend_table_get(table, index);

	if (!(entry & PTE_P))
		return;
	if (level == 1)
		upper_set_leaf(table, index, entry, 0);
	else
		upper_exchange(table, index, level, 0);
}

/* The table below entry @index of @table (of @level) that may be changed in place;
   0: there is none. */
unsigned upper_existing(unsigned table, unsigned index, int level, uint64_t va)
{
	unsigned fixed = backend_fixed_table(va, level - 1);

	return fixed ? fixed : backend_table_of(backend_table_get(table, index));
}

/* A table of @level that nothing refers to yet, or 0. */
unsigned upper_new(int level)
{
	unsigned table = pool_alloc_upper(level);

	if (table)
		shadow_vm.tables[table] = (struct shadow_table){ .links = 1 };
	return table;
}

/* The same at level 3 or 4, where nothing but tables are referred to; one that was
   not there is made, empty. */
unsigned upper_below(unsigned table, unsigned index, int level, uint64_t va)
{
	unsigned below = upper_existing(table, index, level, va);

	if (below)
		return below;
	below = upper_new(level - 1);
	if (below)
		upper_set(table, index, backend_table_address(below) | SHADOW_LINK);
	return below;
}
