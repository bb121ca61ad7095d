/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * Tables for both halves, and who gives up his when there are no more.
 *
 * Invariants: what the upper half has is its own until the guest takes the mapping
 * away. When there are no more, it takes from the lower half, which the guest's
 * faults fill again: a space that does not run, then one that does. The lower half
 * leaves POOL_RESERVE of them alone (docs/wedge-internals.md,
 * "When tables run out").
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
