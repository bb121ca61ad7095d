/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/* Setting entries of the lower half, freeing its tables. */
#include "lower.h"
#include "frames.h"
#include "pool.h"

static void lower_mark(struct shadow_table *s, unsigned index, uint64_t entry)
{
	if (entry & PTE_P)
		s->used[index / 64] |= 1ull << index % 64;
	else
		s->used[index / 64] &= ~(1ull << index % 64);
}

void lower_set_link(struct space *space, unsigned table, unsigned index, uint64_t entry)
{
	uint64_t old = backend_table_get(table, index);

	spaces_vm.changes++;
	lower_mark(&shadow_vm.tables[table], index, entry);
	shadow_set(table, index, old, entry);
	if (table == space->kernel)
		shadow_set(space->user, index, old, entry);
}

void lower_set_page(unsigned table, unsigned index, uint64_t entry)
{
	lower_mark(&shadow_vm.tables[table], index, entry);
	shadow_set_leaf(table, index, backend_table_get(table, index), entry);
}

void lower_free(struct space *space, unsigned table)
{
	struct shadow_table *s = &shadow_vm.tables[table];

	space->list.epoch = 0;
	if (s->level == 1) {
		shadow_forget_leaves(table);
	} else {
		const uint64_t *entries = backend_table_entries(table);

		for (unsigned i = 0; i < 512; i++) {
			unsigned below = entries[i] ? backend_table_of(entries[i]) : 0;

			if (below)
				lower_free(space, below);
		}
	}
	if (s->gfn < shadow_vm.frame_count && shadow_vm.frames[s->gfn].owner == table)
		shadow_vm.frames[s->gfn].owner = 0;
	if (s->before)
		shadow_vm.tables[s->before].next = s->next;
	else
		space->first = s->next;
	if (s->next)
		shadow_vm.tables[s->next].before = s->before;
	*s = (struct shadow_table){ .gfn = SHADOW_NO_GFN };
	if (space->running)
		pool_give_up(table);
	else
		backend_table_free(table);
}

void lower_drop(struct space *space, unsigned table, unsigned index)
{
	uint64_t entry = backend_table_get(table, index);
	unsigned below = backend_table_of(entry);

	lower_set_link(space, table, index, 0);
	if (below)
		lower_free(space, below);
}

void lower_empty(struct space *space)
{
	for (unsigned i = 0; i < BACKEND_UPPER_FIRST; i++)
		if (lower_used(&shadow_vm.tables[space->kernel], i))
			lower_drop(space, space->kernel, i);
	space->supervisor = 0;
}
