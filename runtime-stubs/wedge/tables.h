/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/* Looks at page tables of the guest's before it goes on. */
#ifndef PREVIRT_WEDGE_TABLES_H
#define PREVIRT_WEDGE_TABLES_H
#include "entry.h"
#include "../mmu/mmu.h"

/*
 * After a change of page tables the guest's stack must be in the shadow, for the next trap
 * is pushed there. If the guest's tables have neither code nor stack, a processor would
 * triple-fault at once, and the wedge stops. @changes: mmu_vm.upper_changes before.
 */
void tables_check(unsigned changes);
static inline void tables_check_room(void)
{
	if (mmu_vm.out_of_tables)
		wedge_stop("no shadow tables are left for the guest's kernel: give it more memory");
}

#endif
