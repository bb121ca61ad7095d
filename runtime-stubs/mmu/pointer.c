/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/* One address of the guest's that is read often: its translation is cached (mmu.h). */
#include "pointer.h"
#include "../iface/memory.h"
#include "../iface/tables.h"
#include "../iface/vcpu.h"

const void *mmu_pointer(uint64_t va, size_t size)
{
	struct mmu_walk walk;
	uint32_t error;

	if (!mmu_vcpu.pointer.memory || mmu_vcpu.pointer.va != va || mmu_vcpu.pointer.generation != mmu_vcpu.kernel_generation) {
		mmu_vcpu.pointer.memory = NULL;
		if ((va & (BACKEND_PAGE - 1)) + size > BACKEND_PAGE ||
		    mmu_translate(va, 0, &walk, &error))
			return NULL;
		mmu_vcpu.pointer.memory = backend_guest(walk.gpa);
		mmu_vcpu.pointer.va = va;
		mmu_vcpu.pointer.is_global = backend_is_upper(va) && (walk.flags & PTE_G);
		mmu_vcpu.pointer.generation = mmu_vcpu.kernel_generation;
	}
	return mmu_vcpu.pointer.memory;
}

int mmu_unchanged(uint64_t va, size_t size, const uint64_t *copy)
{
	const uint64_t *memory = mmu_pointer(va, size);

	for (size_t i = 0; memory && i < size / 8; i++)
		if (memory[i] != copy[i])
			return 0;
	return memory != NULL;
}
