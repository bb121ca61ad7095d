/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/* Tables of the upper half that several entries refer to. */
#include "upper.h"
#include "frames.h"

/* Kernels alias tables (Linux: the espfix area, 65,536 times the same page). */
int upper_share(unsigned table, unsigned index, uint64_t va,
			const struct guest_level *guest)
{
	uint64_t entry = guest_entry(guest, index), mine, before;
	uint64_t before_va = va - (1ull << (3 + 9 * guest->level));

	mine = backend_table_get(table, index);
	if (index && guest->table && !backend_fixed_table(va, guest->level - 1) &&
	    !backend_fixed_table(before_va, guest->level - 1) &&
	    !backend_va_reserved(before_va) &&
	    !((guest_entry(guest, index - 1) ^ entry) & ~PTE_A)) {
		before = backend_table_get(table, index - 1);
		if ((mine & PTE_ADDRESS) == (before & PTE_ADDRESS) && (mine & PTE_P))
			return 1;
		if (backend_table_of(before) &&
		    shadow_vm.tables[backend_table_of(before)].made_from == (entry & ~PTE_A)) {
			shadow_vm.tables[backend_table_of(before)].links++;
			upper_exchange(table, index, guest->level, before);
			return 1;
		}
	}
	return 0;
}

int upper_is_anothers(unsigned table, uint64_t entry)
{
	return shadow_vm.tables[table].links > 1 && shadow_vm.tables[table].made_from != (entry & ~PTE_A);
}

/* For a large page of the kernel's. */
int upper_fill_linear(unsigned table, unsigned index, uint64_t gpa, uint64_t flags)
{
	unsigned linear;
	uint64_t entry, old;

	if (flags & PTE_U)
		return 0;
	linear = backend_table_linear(gpa / BACKEND_PAGE);
	if (!linear)
		return 0;
	entry = backend_table_address(linear) | PTE_P | PTE_A |
		(flags & (PTE_W | PTE_NX));
	old = backend_table_get(table, index);
	if ((old & SHADOW_COMPARED) == (entry & SHADOW_COMPARED))
		return 1;
	upper_exchange(table, index, 2, entry);
	return 1;
}
