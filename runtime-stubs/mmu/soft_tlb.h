/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * The soft TLB: a cache of translations of global pages of the guest's kernel, for the
 * wedge's own accesses. It is emptied by each flush of the guest's but a load of CR3 that
 * keeps global pages.
 */
#ifndef PREVIRT_MMU_SOFT_TLB_H
#define PREVIRT_MMU_SOFT_TLB_H
#include <stddef.h>
#include <stdint.h>

#define SOFT_TLB_ENTRIES 64

/* Of a processor. Derived. */
struct soft_tlb_vcpu {
	struct soft_tlb_entry {
		uint64_t page;
		uint8_t *memory, writable;
	} entries[SOFT_TLB_ENTRIES];
	unsigned changes;	/* how often it was emptied */
};
extern struct soft_tlb_vcpu soft_tlb_vcpu;	/* wedge/vm.h */

static inline struct soft_tlb_entry *soft_tlb_entry(uint64_t va)
{
	return &soft_tlb_vcpu.entries[(va >> 12 ^ va >> 18) % SOFT_TLB_ENTRIES];
}
/* Returns the @size bytes at @va, or NULL if they are not in a cached page (with @write: a
   writable one). */
static inline void *soft_tlb_find(uint64_t va, size_t size, int write)
{
	const struct soft_tlb_entry *entry = soft_tlb_entry(va);

	if (!entry->memory || entry->page != va >> 12 || (write && !entry->writable) ||
	    (va & 4095) + size > 4096)
		return NULL;
	return entry->memory + (va & 4095);
}

void soft_tlb_forget(void);

#endif
