/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/* The list of pages that have become executable (new_code.h). */
#include "new_code.h"
#include "mmu.h"
#include "../iface/memory.h"

void (*mmu_code_appeared)(uint64_t va);

void new_code_note(uint64_t va)
{
	int neighbour = new_code_vm.count && va == new_code_vm.last + BACKEND_PAGE;

	new_code_vm.last = va;
	if (!neighbour && new_code_vm.count < NEW_CODE)
		new_code_vm.pages[new_code_vm.count++] = va;
}

void new_code_tell(void)
{
	for (unsigned i = 0; i < new_code_vm.count; i++)
		if (mmu_code_appeared)
			mmu_code_appeared(new_code_vm.pages[i]);
	new_code_vm.count = 0;
}
