/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/* A kernel that starts in the lower half: all that it maps there is mapped at once. */
#include "lower.h"
#include "../paging.h"

/*
 * Not for an access that the guest makes: no page of user mode's counts as accessed
 * for it. What is mapped so is gone before user mode runs.
 * LIMIT: an access of the kernel's to such a page does not set its accessed bit.
 */
static int lower_fill_early(uint64_t va, struct mmu_walk *walk)
{
	uint32_t error;

	if (!(walk->flags & PTE_U) && mmu_translate(va, 0, walk, &error))
		return -1;
	lower_running()->supervisor = requests_vcpu.slow = 1;
	return lower_fill(va, walk);
}

/* One page alone was mapped, and the next one is to be. Of a large page of user mode's
   faults bring the rest. */
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
