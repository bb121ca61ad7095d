/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/* INVLPG in the lower half; removal of supervisor pages before user mode runs. */
#include "lower.h"
#include "pool.h"
#include "../mmu.h"

void lower_invalidate(uint64_t va)
{
	struct space *space = lower_running();
	unsigned table = space->kernel;
	const uint64_t *guest = frame_table(shadow_vm.tables[table].gfn);
	uint64_t entry, flags = PTE_W | PTE_U;

	for (int level = 4; level > 1; level--) {
		unsigned index = shadow_index(va, level);
		unsigned below;

		if (!lower_used(&shadow_vm.tables[table], index))
			return;
		entry = guest ? guest[index] & ~(level == 4 ? paging_vcpu.top_ignored : 0) : 0;
		below = backend_table_of(backend_table_get(table, index));
		if (!below || !(entry & PTE_P) || (entry & PTE_PS) ||
		    shadow_vm.tables[below].piece || !lower_is_accessed(space, table, entry)) {
			lower_drop(space, table, index);
			return;
		}
		flags = (flags & (entry | ~(PTE_W | PTE_U))) | (entry & PTE_NX);
		if (shadow_vm.tables[below].gfn != (entry & PTE_ADDRESS) / BACKEND_PAGE)
			lower_sync(space, below, (entry & PTE_ADDRESS) / BACKEND_PAGE, flags);
		table = below;
		guest = frame_table(shadow_vm.tables[table].gfn);
	}
	if (lower_used(&shadow_vm.tables[table], shadow_index(va, 1)))
		lower_sync_page(space, table, shadow_index(va, 1),
				guest ? guest[shadow_index(va, 1)] : 0, flags);
}

void shadow_before_user(void)
{
	struct space *space = lower_running();

	if (!space->supervisor)
		return;
	lower_empty(space);
	mmu_vcpu.generation++;
	pool_commit(1);
}
