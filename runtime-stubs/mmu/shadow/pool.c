/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * The tables of the shadow: taken from the back-end and given back.
 *
 * Invariant: a table that was in use is emptied or reused only after the flush that
 * was pending when its last reference was removed. Until then a processor may walk
 * it by its paging-structure caches (Intel SDM volume 3, 4.10.3).
 */
#include "pool.h"
#include "frames.h"

void pool_give_up(unsigned table)
{
	shadow_vm.tables[table].next = shadow_vm.given_up;
	shadow_vm.given_up = table;
}

void pool_commit(int flush)
{
	backend_table_commit(flush ? shadow_vm.flush_pending : 0);
	if (!flush)
		return;
	if (shadow_vm.flush_pending)
		shadow_flushed(shadow_vm.flush_pending & BACKEND_FLUSH_ALL);
	shadow_vm.flush_pending = 0;
	while (shadow_vm.given_up) {
		unsigned table = shadow_vm.given_up;

		shadow_vm.given_up = shadow_vm.tables[table].next;
		backend_table_free(table);
	}
}

unsigned pool_take(int level)
{
	unsigned table = backend_table_alloc(level);

	if (table || !shadow_vm.given_up)
		return table;
	pool_commit(1);
	return backend_table_alloc(level);
}

int pool_has_room(unsigned count)
{
	if (backend_tables_left() < POOL_RESERVE + count && shadow_vm.given_up)
		pool_commit(1);
	return backend_tables_left() >= POOL_RESERVE + count;
}
