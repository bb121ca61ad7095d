/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/* What is known of the tables of the shadow, and their entries. */
#include "tables.h"

void shadow_set(unsigned table, unsigned index, uint64_t old, uint64_t entry)
{
	if (old & PTE_P)
		shadow_vm.flush_pending |= BACKEND_FLUSH;
	backend_table_set(table, index, entry);
}
