/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * The list of guest tables of levels 1 to 3 in the upper half that lead to an entry
 * without G. At a load of CR3 the dirty bit of each is looked at, and only what hangs below a
 * dirty one is compared. With page-table isolation nearly all of the upper half is of
 * this kind.
 *
 * Invariants: a table of the shadow that maps a page without G, and those above it, have
 * the number of the list in `listed'. The guest's tables that they stand for are in the
 * list. A guest table that is in use no more stays in the list until the next full flush,
 * or until its place is compared.
 */
#include "nonglobal.h"
#include "spaces.h"
#include "upper.h"

void nonglobal_reset(void)
{
	nonglobal_vm.count = 0;
	if (++nonglobal_vm.number)
		return;
	for (unsigned t = 0; t < backend_table_limit(); t++)
		shadow_vm.tables[t].listed = 0;
	nonglobal_vm.number = 1;
}

static void nonglobal_add(uint64_t va, uint64_t table, int level)
{
	if (nonglobal_vm.count < NONGLOBAL_MOST)
		nonglobal_vm.list[nonglobal_vm.count] = (struct nonglobal){
			va & ~((1ull << (12 + 9 * level)) - 1), table / BACKEND_PAGE, level
		};
	if (nonglobal_vm.count <= NONGLOBAL_MOST)
		nonglobal_vm.count++;
}

void nonglobal_note(const unsigned way[5], int last, uint64_t va)
{
	uint64_t entry = upper_top_entry(lower_root(), va);

	if (shadow_vm.tables[way[last]].listed == nonglobal_vm.number)
		return;
	for (int level = 3; level >= last; level--) {
		const uint64_t *guest = backend_guest(entry & PTE_ADDRESS);

		if (!guest || (entry & (PTE_P | PTE_PS)) != PTE_P)
			break;
		if (shadow_vm.tables[way[level]].listed != nonglobal_vm.number)
			nonglobal_add(va, entry & PTE_ADDRESS, level);
		shadow_vm.tables[way[level]].listed = nonglobal_vm.number;
		entry = guest[shadow_index(va, level)];
	}
	shadow_vm.tables[way[last]].listed = nonglobal_vm.number;
}
