/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/* Setting entries of the upper half by one write, giving up its tables (upper.h). */
#include "upper.h"
#include "frames.h"
#include "spaces.h"
#include "pool.h"
#include "../mmu.h"

/* All processors use these tables: @old may be in each one's TLB. */
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

/* An entry does not refer to @table any more. Gives it up, with all below it, if that was the
   last one. */
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

unsigned upper_existing(unsigned table, unsigned index, int level, uint64_t va)
{
	unsigned fixed = backend_fixed_table(va, level - 1);

	return fixed ? fixed : backend_table_of(backend_table_get(table, index));
}

unsigned upper_new(int level)
{
	unsigned table = pool_alloc_upper(level);

	if (table)
		shadow_vm.tables[table] = (struct shadow_table){ .links = 1 };
	return table;
}

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
