/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
#include "module_memory.h"
#include "../mmu/mmu.h"

int module_memory_read(uint64_t va, void *to, size_t size)
{
	uint64_t address;
	uint32_t error;

	return mmu_access(va, to, size, 0, 0, &address, &error);
}

int module_memory_write(uint64_t va, const void *from, size_t size)
{
	uint64_t address;
	uint32_t error;

	return mmu_access(va, (void *)from, size, 1, 0, &address, &error);
}

int module_memory_is_mapped(uint64_t va)
{
	struct mmu_walk walk;
	uint32_t error;

	return !mmu_look(va, &walk, &error);
}

void module_memory_listen(void (*code_appeared)(uint64_t va))
{
	mmu_code_appeared = code_appeared;
}
