/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/* Pages of the guest's kernel that have become executable: who rewrites sites is told. */
#include "new_code.h"
#include "mmu.h"
#include "../iface/memory.h"

/* Pages that became executable in one change of the shadow; neighbours count
   once, for a module's pages come together. */
#define NEW_CODE 64
static uint64_t new_code[NEW_CODE];
unsigned new_code_count;
void (*mmu_code_appeared)(uint64_t va);

void new_code_note(uint64_t va)
{
	static uint64_t last;
	int neighbour = new_code_count && va == last + BACKEND_PAGE;

	last = va;
	if (!neighbour && new_code_count < NEW_CODE)
		new_code[new_code_count++] = va;
}

void new_code_tell(void)
{
	for (unsigned i = 0; i < new_code_count; i++)
		if (mmu_code_appeared)
			mmu_code_appeared(new_code[i]);
	new_code_count = 0;
}
