/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/* The guest's level-4 entries that count in the upper half, and the levels below (upper.h). */
#include "upper.h"
#include "spaces.h"

int upper_together(void)
{
	return spaces_vm.processors > 1;
}

struct guest_level guest_top(uint64_t root)
{
	return (struct guest_level){ .table = upper_together() ? upper_vm.entries : backend_guest(root),
				     .level = 4, .flags = PTE_W | PTE_U };
}

int upper_learn(unsigned i, uint64_t entry)
{
	if (!((upper_vm.entries[i] ^ entry) & ~PTE_A) ||
	    (upper_together() && upper_vm.entries[i] & PTE_P))
		return 0;
	upper_vm.entries[i] = entry;
	upper_vm.generation++;
	return 1;
}

const uint64_t *upper_root(uint64_t root)
{
	static const uint64_t none[512];
	const uint64_t *top = backend_guest(root);

	return top ? top : none;
}

uint64_t upper_top_entry(uint64_t root, uint64_t va)
{
	struct guest_level top = guest_top(root);

	return guest_entry(&top, shadow_index(va, 4));
}

struct guest_level guest_below(const struct guest_level *guest, uint64_t entry)
{
	struct guest_level below = { .level = guest->level - 1, .flags = guest->flags };
	uint64_t size = 1ull << (3 + 9 * guest->level);

	below.flags &= entry | ~(PTE_W | PTE_U);
	below.flags |= entry & PTE_NX;
	if (entry & PTE_PS)
		below.large = (entry & ~(PTE_ADDRESS & (size - 1))) & ~(1ull << 12);
	else
		below.table = backend_guest(entry & PTE_ADDRESS);
	return below;
}
