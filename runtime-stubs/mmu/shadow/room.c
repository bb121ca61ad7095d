/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * Allocation when no table is free: which tables are freed.
 *
 * Invariants: a table of the upper half is freed only after the guest has removed the
 * mapping. If no table is free, the upper half takes those of a space of the lower half,
 * which faults fill again: first a space that does not run, then one that does. The lower
 * half leaves POOL_RESERVE tables free (docs/wedge-internals.md, "When tables run out").
 */
#include "lower.h"
#include "pool.h"
#include "../mmu.h"

unsigned pool_alloc_lower(int level)
{
	while (!pool_has_room(1))
		if (lower_give(0))
			return 0;
	return pool_take(level);
}

unsigned pool_alloc_upper(int level)
{
	unsigned table = pool_take(level);

	while (!table && !lower_give(1))
		table = pool_take(level);
	mmu_vm.out_of_tables |= !table;
	return table;
}

int mmu_make_room(unsigned count)
{
	while (!pool_has_room(count) && !lower_give(1))
		;
	mmu_vm.out_of_tables |= backend_tables_left() < count;
	return mmu_vm.out_of_tables ? -1 : 0;
}
