/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/* The guest's page tables, walked as the processor does (paging.h). */
#include "paging.h"
#include "../iface/memory.h"
#include "../iface/tables.h"
#include "../iface/vcpu.h"

static uint32_t paging_error(uint32_t access, int present)
{
	return access | (present ? PF_P : 0);
}

/*
 * Sets the accessed bit of every entry, and for a write the dirty bit of the leaf. Returns
 * -1 if another processor has changed one of them since it was read.
 */
static int paging_mark(const uint64_t *at, const struct mmu_walk *walk, uint32_t access)
{
	for (int level = PAGING_RIGHTS_MOST; level >= walk->level; level--) {
		paging_entry seen = walk->entries[level], want = PTE_A;

		if (level == walk->level && (access & PF_W))
			want |= PTE_D;
		if ((seen & want) != want &&
		    !__atomic_compare_exchange_n((paging_entry *)backend_guest(at[level]), &seen,
						 seen | want, 0, __ATOMIC_RELAXED,
						 __ATOMIC_RELAXED))
			return -1;
	}
	return 0;
}

struct mmu_window mmu_window;

/* Returns 1 if @va is in the page of mmu_map_identity. */
static int paging_is_identity(uint64_t va)
{
	return paging_vcpu.identity && va - paging_vcpu.identity < BACKEND_PAGE;
}

/* Fills in @walk and @at as if entries with all rights led to @gpa. No entry of the guest's
   is read or marked. */
static void paging_window(uint64_t gpa, struct mmu_walk *walk, uint64_t at[PAGING_LEVELS + 1])
{
	uint64_t rights = PTE_P | PTE_W | PTE_A | PTE_D | PTE_G;

	walk->gpa = gpa;
	walk->flags = PTE_W | PTE_G;
	walk->level = 1;
	walk->leaf_at = 0;
	for (int level = PAGING_LEVELS; level >= 1; level--) {
		at[level] = 0;
		walk->entries[level] = PTE_ADDRESS | rights;
	}
	walk->leaf = walk->entries[1] = (walk->gpa & PTE_ADDRESS) | rights;
}

/* Reads the guest's entries down to the leaf, and in @at their addresses. Returns -1 if
   an entry is not present or has a reserved bit, or if @va is not canonical. */
static inline __attribute__((always_inline)) int paging_walk(uint64_t va, struct mmu_walk *walk, uint64_t at[PAGING_LEVELS + 1])
{
	uint64_t table = paging_vcpu.root;
	int level;

	walk->flags = PTE_W | PTE_U;
	walk->leaf = 0;
	if (!paging_is_address(va))
		return -1;
	if (paging_in_window(va)) {
		paging_window(mmu_window.gpa + (va - mmu_window.va), walk, at);
		return 0;
	}
	for (level = PAGING_LEVELS; level >= 1; level--) {
		paging_entry *entry;

		at[level] = table + paging_index(va, level) * sizeof(*entry);
		walk->level = level;
		entry = backend_guest(at[level]);
		walk->leaf = walk->entries[level] = entry ? *(volatile paging_entry *)entry : 0;
		if (!(walk->leaf & PTE_P) || paging_is_reserved(walk->leaf, level))
			return -1;
		if (level <= PAGING_RIGHTS_MOST)
			walk->flags &= walk->leaf | ~(PTE_W | PTE_U);
		walk->flags |= walk->leaf & PTE_NX &
			       ~(level == 4 && !backend_is_upper(va) ? paging_vcpu.top_ignored : 0);
		if (paging_is_leaf(walk->leaf, level))
			break;
		table = walk->leaf & PTE_ADDRESS;
	}
	walk->flags |= walk->leaf & PTE_G;
	walk->leaf_at = at[level];
	walk->gpa = paging_page(walk->leaf, level) | (va & (paging_size(level) - 1));
	return 0;
}

int mmu_look(uint64_t va, struct mmu_walk *walk, uint32_t *error)
{
	uint64_t at[PAGING_LEVELS + 1];

	*error = paging_error(0, 0);
	return paging_walk(va, walk, at);
}

int mmu_translate(uint64_t va, uint32_t access, struct mmu_walk *walk, uint32_t *error)
{
	uint64_t at[PAGING_LEVELS + 1];

	do {
		*error = paging_error(access, 0);
		if (paging_walk(va, walk, at)) {
			if (paging_is_identity(va) && !(access & PF_U)) {
				paging_window(va, walk, at);
				return 0;
			}
			if (walk->leaf & PTE_P)
				*error = paging_error(access, 1) | PF_RESERVED;
			return -1;
		}
		*error = paging_error(access, 1);
		if (((access & PF_W) && !(walk->flags & PTE_W)) ||
		    ((access & PF_U) && !(walk->flags & PTE_U)) ||
		    ((access & PF_I) && (walk->flags & PTE_NX)))
			return -1;
	} while (paging_mark(at, walk, access));
	walk->leaf |= access & PF_W ? PTE_A | PTE_D : PTE_A;
	return 0;
}
