/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * The soft TLB: global pages of the guest's kernel that the wedge has translated and
 * remembers. It is emptied whenever the guest's TLB is, but for loads of CR3 that keep
 * global pages.
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
/* The @size bytes at @va, if they are in one of these (with @write: to be written),
   or NULL. */
static inline void *soft_tlb_find(uint64_t va, size_t size, int write)
{
	const struct soft_tlb_entry *kept = soft_tlb_entry(va);

	if (!kept->memory || kept->page != va >> 12 || (write && !kept->writable) ||
	    (va & 4095) + size > 4096)
		return NULL;
	return kept->memory + (va & 4095);
}

void soft_tlb_forget(void);

#endif
