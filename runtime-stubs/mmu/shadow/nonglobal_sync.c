/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/* At a load of CR3: compares what hangs below the tables of nonglobal.c's list that were
   written to. */
#include "nonglobal.h"
#include "frames.h"
#include "pool.h"
#include "upper.h"

#define CHANGED_MOST 32u

/* The frame of the guest's table of @level that maps @va now, or SHADOW_NO_GFN. */
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

/* Table @number of the list was dirty. Another table may map its addresses by now. */
static void nonglobal_compare(uint64_t root, unsigned number)
{
	struct nonglobal *it = &nonglobal_vm.list[number];
	uint64_t va = it->va;
	int level = it->level;

	it->gfn = nonglobal_table(root, va, level);
	upper_sync_below(root, va, level);
}

int upper_sync_nonglobal(uint64_t root)
{
	unsigned changed[CHANGED_MOST], count = 0;
	int any = 0;

	if (nonglobal_vm.count > NONGLOBAL_MOST)
		return -1;
	for (unsigned i = 0; i < nonglobal_vm.count; i++) {
		uint32_t gfn = nonglobal_vm.list[i].gfn;

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
