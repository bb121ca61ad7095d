/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/* What the wedge reads of the guest's again and again: one place, translated once. */
#include "pointer.h"
#include "../iface/memory.h"
#include "../iface/tables.h"
#include "../iface/vcpu.h"

VCPU_LOCAL struct mmu_counters mmu_counters;
VCPU_LOCAL unsigned mmu_generation, pointer_kernel_generation;
VCPU_LOCAL struct pointer pointer_last;

const void *mmu_pointer(uint64_t va, size_t size)
{
	struct mmu_walk walk;
	uint32_t error;

	if (!pointer_last.memory || pointer_last.va != va || pointer_last.generation != pointer_kernel_generation) {
		pointer_last.memory = NULL;
		if ((va & (BACKEND_PAGE - 1)) + size > BACKEND_PAGE ||
		    mmu_translate(va, 0, &walk, &error))
			return NULL;
		pointer_last.memory = backend_guest(walk.gpa);
		pointer_last.va = va;
		pointer_last.is_global = backend_is_upper(va) && (walk.flags & PTE_G);
		pointer_last.generation = pointer_kernel_generation;
	}
	return pointer_last.memory;
}

int mmu_unchanged(uint64_t va, size_t size, const uint64_t *copy)
{
	const uint64_t *memory = mmu_pointer(va, size);

	for (size_t i = 0; memory && i < size / 8; i++)
		if (memory[i] != copy[i])
			return 0;
	return memory != NULL;
}
