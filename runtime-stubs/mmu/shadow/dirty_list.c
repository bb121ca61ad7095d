/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * At each load of CR3 the dirty bit of every table of the space is looked at. A large
 * process has hundreds of tables, so their frame numbers stand in one array per space.
 *
 * The lists of all spaces follow each other in one block of memory. When the block is
 * full, all lists become invalid (the epoch changes) and are made again as their spaces run.
 */
#include "dirty_list.h"
#include "frames.h"

#define ENTRIES(tables) (2u * (tables))

void dirty_list_begin(void)
{
	if (!dirty_list_vm.frames) {
		dirty_list_vm.size = ENTRIES(backend_table_limit());
		dirty_list_vm.frames = backend_memory(dirty_list_vm.size * sizeof(*dirty_list_vm.frames));
		dirty_list_vm.tables = backend_memory(dirty_list_vm.size * sizeof(*dirty_list_vm.tables));
	}
	dirty_list_vm.used = dirty_list_vm.start;
}

static int dirty_list_put(uint32_t gfn, unsigned table)
{
	if (dirty_list_vm.used == dirty_list_vm.size) {
		dirty_list_vm.start = 0;
		dirty_list_vm.epoch++;
		return -1;
	}
	dirty_list_vm.frames[dirty_list_vm.used] = gfn;
	dirty_list_vm.tables[dirty_list_vm.used++] = table;
	return 0;
}

int dirty_list_add(unsigned table)
{
	uint32_t gfn = shadow_vm.tables[table].gfn;

	if (shadow_vm.frames[gfn].writers)
		return -1;		/* the dirty bits of other mappings count as well */
	return dirty_list_put(gfn, table);
}

/* Repeats the first entry until the last group is full. */
void dirty_list_end(struct dirty_list *list)
{
	while ((dirty_list_vm.used - dirty_list_vm.start) % DIRTY_LIST_AT_ONCE)
		if (dirty_list_put(dirty_list_vm.frames[dirty_list_vm.start], dirty_list_vm.tables[dirty_list_vm.start]))
			return;
	list->start = dirty_list_vm.start;
	list->count = dirty_list_vm.used - dirty_list_vm.start;
	list->epoch = dirty_list_vm.epoch;
	dirty_list_vm.start = dirty_list_vm.used;
}

int dirty_list_is_known(const struct dirty_list *list)
{
	return list->epoch == dirty_list_vm.epoch;
}

int dirty_list_dirty(const struct dirty_list *list, unsigned from)
{
	const uint64_t *linear = backend_linear;

	for (unsigned i = from; i < list->count; i += DIRTY_LIST_AT_ONCE) {
		const uint32_t *f = &dirty_list_vm.frames[list->start + i];

		_Static_assert(DIRTY_LIST_AT_ONCE == 8, "as many as stand here");
		if ((linear[f[0]] | linear[f[1]] | linear[f[2]] | linear[f[3]] |
		     linear[f[4]] | linear[f[5]] | linear[f[6]] | linear[f[7]]) & PTE_D)
			return i;
	}
	return -1;
}

unsigned dirty_list_table(const struct dirty_list *list, unsigned i)
{
	return dirty_list_vm.tables[list->start + i];
}
