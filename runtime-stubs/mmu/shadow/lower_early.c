/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/* For a kernel that starts in the lower half: a load of CR3 maps all of it. */
#include "lower.h"
#include "../paging.h"

/*
 * Maps the page at @va though the guest does not access it. Accessed bits of user pages are not
 * set. The space counts as having supervisor pages, so all of this is removed before user
 * mode runs.
 * LIMIT: an access of the kernel's to such a user page does not set its accessed bit.
 */
static int lower_fill_early(uint64_t va, struct mmu_walk *walk)
{
	uint32_t error;

	if (!(walk->flags & PTE_U) && mmu_translate(va, 0, walk, &error))
		return -1;
	lower_running()->supervisor = requests_vcpu.slow = 1;
	return lower_fill(va, walk);
}

/* Returns 1 if lower_fill_early has mapped one page of 4 KiB, so that the next one follows; 0
   if it has mapped 2 MiB, or a user page of a large page, whose others faults map. */
static int lower_is_small(const struct mmu_walk *walk)
{
	return walk->level == 1 || (!(walk->flags & PTE_U) &&
				    !backend_table_linear(walk->gpa >> 21 << 9));
}

void lower_fill_all(uint64_t root)
{
	const uint64_t *top = backend_guest(root);
	uint64_t va = 0;

	while (top && va < (uint64_t)BACKEND_UPPER_FIRST << 39) {
		uint64_t step = 1ull << 39;
		struct mmu_walk walk;
		uint32_t error;

		if (top[shadow_index(va, 4)] & PTE_P) {
			if (!mmu_look(va, &walk, &error)) {
				int none = lower_fill_early(va, &walk);

				step = 1ull << (3 + 9 * (none ? walk.level :
							 lower_is_small(&walk) ? 1 : 2));
			} else {
				step = 1ull << (3 + 9 * walk.level);
			}
		}
		va = (va & ~(step - 1)) + step;
	}
}
