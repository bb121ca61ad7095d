/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * How the processor translates: through a TLB that holds what it has seen until it is
 * told to forget it, as the manual allows (Intel SDM volume 3, 4.10.2). Each processor has
 * one; kernel and user mode have entries apart.
 */
#include "fake.h"
#include "../backend.h"
#include "../../mmu/mmu.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ENTRIES 4096u

static struct tlb {
	uint64_t page, leaf;		/* rights of all levels; 0: unused */
	unsigned table, index;		/* where the leaf stands */
} tlb[FAKE_VCPUS][2][ENTRIES];

void fake_tlb_flush(void)
{
	memset(tlb[backend_vcpu], 0, sizeof(tlb[0]));
}

void fake_tlb_flush_all(void)
{
	memset(tlb, 0, sizeof(tlb));
}

static struct tlb *tlb_of(uint64_t va, int user)
{
	return &tlb[backend_vcpu][user][(va >> 12 ^ va >> 24) % ENTRIES];
}

void fake_tlb_flush_page(uint64_t va)
{
	for (int user = 0; user < 2; user++)
		if (tlb_of(va, user)->page == va >> 12)
			memset(tlb_of(va, user), 0, sizeof(struct tlb));
}

/* Fills @entry from the tables; 0 if a level is not present. */
static int tlb_walk(uint64_t va, int user, struct tlb *entry)
{
	uint64_t rights = PTE_W | PTE_U, nx = 0;
	unsigned table = fake_roots[backend_vcpu][user];

	for (int level = 4;; level--) {
		unsigned index = va >> (3 + 9 * level) & 511;
		uint64_t now = *fake_memory_entry(table, index);

		if (!(now & PTE_P))
			return 0;
		rights &= now;
		nx |= now & PTE_NX;
		fake_memory_mark(table, index, PTE_A);
		if (level == 1) {
			*entry = (struct tlb){ va >> 12, (now & (PTE_ADDRESS | PTE_D)) | rights | nx | PTE_P,
					       table, index };
			return 1;
		}
		table = fake_memory_next(now);
	}
}

static int tlb_allows(uint64_t leaf, uint32_t access)
{
	return (!(access & PF_W) || (leaf & PTE_W)) && (!(access & PF_U) || (leaf & PTE_U)) &&
	       (!(access & PF_I) || !(leaf & PTE_NX));
}

int fake_translate(uint64_t va, uint32_t access, uint64_t *gpa, uint32_t *error)
{
	int user = !!(access & PF_U);
	struct tlb *entry = tlb_of(va, user);

	if (entry->page != va >> 12 || !entry->leaf)
		if (!tlb_walk(va, user, entry)) {
			memset(entry, 0, sizeof(*entry));
			*error = access;
			return -1;
		}
	if (!tlb_allows(entry->leaf, access)) {
		/* A fault makes the processor forget the page (4.10.4.1). */
		memset(entry, 0, sizeof(*entry));
		if (tlb_walk(va, user, entry) && tlb_allows(entry->leaf, access))
			return fake_translate(va, access, gpa, error);
		*error = access | (entry->leaf ? PF_P : 0);
		memset(entry, 0, sizeof(*entry));
		return -1;
	}
	if ((access & PF_W) && !(entry->leaf & PTE_D)) {
		fake_memory_mark(entry->table, entry->index, PTE_D);
		entry->leaf |= PTE_D;
	}
	if (backend_gfn(entry->leaf) == BACKEND_NO_FRAME) {
		printf("BAD fake back-end: %lx leads to no guest memory\n", va);
		exit(1);
	}
	*gpa = backend_gfn(entry->leaf) * BACKEND_PAGE + va % BACKEND_PAGE;
	return 0;
}

int fake_access(uint64_t va, void *buffer, size_t size, uint32_t access, uint64_t *address,
		uint32_t *error)
{
	for (size_t part; size; size -= part, va += part, buffer = (uint8_t *)buffer + part) {
		uint64_t gpa;

		part = BACKEND_PAGE - va % BACKEND_PAGE;
		part = part < size ? part : size;
		*address = va;
		if (fake_translate(va, access, &gpa, error))
			return -1;
		if (access & PF_W)
			memcpy(backend_guest(gpa), buffer, part);
		else
			memcpy(buffer, backend_guest(gpa), part);
	}
	return 0;
}
