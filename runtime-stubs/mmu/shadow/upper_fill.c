/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/* Page faults in the upper half. */
#include "upper.h"
#include "frames.h"

/* Returns 1 if entry @index of @table, of level 2, maps @va as @walk says. */
static int upper_maps(unsigned table, unsigned index, uint64_t va, const struct mmu_walk *walk)
{
	uint64_t leaf = shadow_leaf(walk->gpa & PTE_ADDRESS, walk->leaf, walk->flags);
	uint64_t link = backend_table_get(table, index);
	unsigned below = backend_table_of(link);

	if (!leaf)
		return 0;
	if (below)
		return !shadow_leaf_differs(backend_table_get(below, shadow_index(va, 1)), leaf);
	below = backend_table_linear(walk->gpa >> 21 << 9);
	return below && (link & PTE_P) && (walk->gpa >> 12) % 512 == shadow_index(va, 1) &&
	       !((link ^ backend_table_address(below)) & PTE_ADDRESS) &&
	       !((link ^ leaf) & (PTE_W | PTE_NX));
}

int upper_fill(uint64_t va, const struct mmu_walk *walk)
{
	struct guest_level guest = { .level = 4, .flags = PTE_W | PTE_U };
	unsigned table = backend_root(0), index = shadow_index(va, 2);

	if (backend_va_reserved(va & ~0xfffull))
		return -1;
	for (; guest.level > 2; guest = guest_below(&guest, walk->entries[guest.level])) {
		upper_vm.way[guest.level] = table;
		table = upper_below(table, shadow_index(va, guest.level), guest.level, va);
		if (!table)
			return -1;
	}
	/* upper_sync_page has mapped it already, unless the fuller root that it reads
	   differs from the one that runs. */
	if (!upper_maps(table, index, va, walk))
		upper_sync_entry(table, index, va & ~0x1fffffull, &guest);
	return upper_maps(table, index, va, walk) ? 0 : -1;
}
