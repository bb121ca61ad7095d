/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/* The soft TLB, and copies between the wedge and the guest's virtual memory (mmu.h). */
#include "soft_tlb.h"
#include "paging.h"
#include "../iface/memory.h"
#include "../iface/tables.h"
#include "../iface/vcpu.h"
#include <string.h>

void soft_tlb_forget(void)
{
	soft_tlb_vcpu.changes++;
	for (unsigned i = 0; i < SOFT_TLB_ENTRIES; i++)
		soft_tlb_vcpu.entries[i].memory = NULL;
}

static void soft_tlb_add(uint64_t va, int write, const struct mmu_walk *walk, uint8_t *memory)
{
	if (backend_is_upper(va) && (walk->flags & PTE_G))
		*soft_tlb_entry(va) = (struct soft_tlb_entry){ va / BACKEND_PAGE, memory - va % BACKEND_PAGE, write };
}

int mmu_access(uint64_t va, void *buffer, size_t size, int write, int user,
	       uint64_t *address, uint32_t *error)
{
	uint32_t access = (write ? PF_W : 0) | (user ? PF_U : 0);
	struct mmu_walk walk;
	uint8_t *bytes = buffer;

	while (size) {
		size_t part = BACKEND_PAGE - (va & (BACKEND_PAGE - 1));
		uint8_t *memory = user ? NULL : soft_tlb_find(va, 1, write);

		if (part > size)
			part = size;
		if (!memory) {
			*address = va;
			if (mmu_translate(va, access, &walk, error))
				return -1;
			memory = backend_guest(walk.gpa);
			if (!memory) {
				*error = access;
				return -1;
			}
			if (!user)
				soft_tlb_add(va, write, &walk, memory);
		}
		if (write)
			memcpy(memory, bytes, part);
		else
			memcpy(bytes, memory, part);
		va += part;
		bytes += part;
		size -= part;
	}
	return 0;
}

int mmu_poke(uint64_t va, const void *from, size_t size)
{
	const uint8_t *bytes = from;
	struct mmu_walk walk;
	uint32_t error;

	for (; size; size--, va++) {
		uint8_t *memory;

		if (mmu_translate(va, 0, &walk, &error))
			return -1;
		memory = backend_guest(walk.gpa);
		if (!memory)
			return -1;
		*memory = *bytes++;
	}
	return 0;
}
