/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * Tables of the upper half that lead to an entry without G, the level-4 one
 * excepted: at a load of CR3 each is asked whether it was written to, and only
 * what hangs below one that was is compared. With page-table isolation nearly all
 * of the upper half is of this kind.
 *
 * Invariants: a table of the shadow that maps a page without G has the number of
 * the list in `listed', and so have those above it; the guest's tables that they
 * stand for are in the list. One that is no more stays there until the next full
 * flush, or until it is seen to be another.
 */
#include "shadow.h"

#define TABLES_MOST 512u
#define CHANGED_MOST 32u

struct listed {
	uint64_t va;		/* what it maps, from there on */
	uint32_t gfn;
	uint8_t level;
};

static struct listed list[TABLES_MOST];
static unsigned list_count;		/* more than there is room: many */
static uint16_t list_number = 1;

void nonglobal_reset(void)
{
	list_count = 0;
	if (++list_number)
		return;
	for (unsigned t = 0; t < backend_table_limit(); t++)
		shadow_tables[t].listed = 0;
	list_number = 1;
}

static void nonglobal_add(uint64_t va, uint64_t table, int level)
{
	if (list_count < TABLES_MOST)
		list[list_count] = (struct listed){
			va & ~((1ull << (12 + 9 * level)) - 1), table / BACKEND_PAGE, level
		};
	if (list_count <= TABLES_MOST)
		list_count++;
}

void nonglobal_note(const unsigned way[5], int last, uint64_t va)
{
	uint64_t entry = upper_top_entry(lower_root(), va);

	if (shadow_tables[way[last]].listed == list_number)
		return;
	for (int level = 3; level >= last; level--) {
		const uint64_t *guest = backend_guest(entry & PTE_ADDRESS);

		if (!guest || (entry & (PTE_P | PTE_PS)) != PTE_P)
			break;
		if (shadow_tables[way[level]].listed != list_number)
			nonglobal_add(va, entry & PTE_ADDRESS, level);
		shadow_tables[way[level]].listed = list_number;
		entry = guest[shadow_index(va, level)];
	}
	shadow_tables[way[last]].listed = list_number;
}

/* The guest's table of @level that maps @va now; SHADOW_NO_GFN: none. */
static uint32_t nonglobal_table(uint64_t root, uint64_t va, int level)
{
	uint64_t entry = upper_top_entry(root, va);

	for (int at = 3; (entry & PTE_P) && !(entry & PTE_PS); at--) {
		const uint64_t *guest = backend_guest(entry & PTE_ADDRESS);

		if (!guest)
			break;
		if (at == level)
			return (entry & PTE_ADDRESS) / BACKEND_PAGE;
		entry = guest[shadow_index(va, at)];
	}
	return SHADOW_NO_GFN;
}

/* @number of the list is dirty, or was: another may stand in its place. */
static void nonglobal_compare(uint64_t root, unsigned number)
{
	struct listed *it = &list[number];
	uint64_t va = it->va;
	int level = it->level;

	it->gfn = nonglobal_table(root, va, level);
	upper_sync_below(root, va, level);
}

int upper_sync_nonglobal(uint64_t root)
{
	unsigned changed[CHANGED_MOST], count = 0;
	int any = 0;

	if (list_count > TABLES_MOST)
		return -1;
	for (unsigned i = 0; i < list_count; i++) {
		uint32_t gfn = list[i].gfn;

		if (gfn == SHADOW_NO_GFN || shadow_is_clean(gfn, SHADOW_UPPER))
			continue;
		if (count == CHANGED_MOST)
			return -1;
		changed[count++] = i;
		any |= shadow_watch(gfn, SHADOW_UPPER);
	}
	if (any && shadow_is_shared())
		shadow_settle();
	for (unsigned i = 0; i < count; i++)
		nonglobal_compare(root, changed[i]);
	return 0;
}
