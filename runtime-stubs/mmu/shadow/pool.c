/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * The tables of the shadow: taken from the back-end and given back.
 *
 * Invariants: what the upper half has is its own until the guest takes the mapping
 * away. When there are no more, it takes from the lower half, which the guest's
 * faults fill again: a space that does not run, then one that does. The lower half
 * leaves POOL_RESERVE of them alone (docs/wedge.md, "When tables run out").
 *
 * A table that was in use is empty or used anew only after the flush
 * that was owed when its last reference was taken away. A processor may walk a
 * table until then, for its TLB keeps the way there apart from the pages (Intel SDM
 * volume 3, 4.10.3: paging-structure caches).
 */
#include "shadow.h"

int shadow_flush_owed;
uint8_t mmu_out_of_tables;
static unsigned pool_given_up;		/* the first; shadow_table's next */

void pool_give_up(unsigned table)
{
	shadow_tables[table].next = pool_given_up;
	pool_given_up = table;
}

void pool_commit(int flush)
{
	backend_table_commit(flush ? shadow_flush_owed : 0);
	if (!flush)
		return;
	shadow_flush_owed = 0;
	while (pool_given_up) {
		unsigned table = pool_given_up;

		pool_given_up = shadow_tables[table].next;
		backend_table_free(table);
	}
}

static unsigned pool_take(int level)
{
	unsigned table = backend_table_alloc(level);

	if (table || !pool_given_up)
		return table;
	pool_commit(1);
	return backend_table_alloc(level);
}

int pool_has_room(unsigned count)
{
	if (backend_tables_left() < POOL_RESERVE + count && pool_given_up)
		pool_commit(1);
	return backend_tables_left() >= POOL_RESERVE + count;
}

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
	mmu_out_of_tables |= !table;
	return table;
}

int mmu_make_room(unsigned count)
{
	while (!pool_has_room(count) && !lower_give(1))
		;
	mmu_out_of_tables |= backend_tables_left() < count;
	return mmu_out_of_tables ? -1 : 0;
}
