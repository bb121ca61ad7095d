/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * The guest's page tables, walked as the processor does (Intel SDM volume 3, 4.5). The
 * walk is one loop over PAGING_LEVELS levels of tables with 512 entries each.
 * LIMIT: four levels; entries of 8 bytes; no protection keys.
 */
#ifndef PREVIRT_MMU_PAGING_H
#define PREVIRT_MMU_PAGING_H
#include <stdint.h>

#define PTE_P (1ull << 0)
#define PTE_W (1ull << 1)
#define PTE_U (1ull << 2)
#define PTE_A (1ull << 5)
#define PTE_D (1ull << 6)
#define PTE_PS (1ull << 7)
#define PTE_G (1ull << 8)
#define PTE_NX (1ull << 63)
#define PTE_ADDRESS 0x000ffffffffff000ull

#define PF_P 1u
#define PF_W 2u
#define PF_U 4u
#define PF_RESERVED 8u
#define PF_I 16u

#define PAGING_LEVELS 4

/* The number of the entry for @va in a table of @level, 1 to PAGING_LEVELS. */
static inline unsigned paging_index(uint64_t va, int level)
{
	return va >> (3 + 9 * level) & 511;
}

/* How many bytes an entry of @level maps. */
static inline uint64_t paging_size(int level)
{
	return 1ull << (3 + 9 * level);
}

/* Returns 1 if @entry, a present entry of a table of @level, maps a page, 0 if it refers to a
   table. */
static inline int paging_is_leaf(uint64_t entry, int level)
{
	return level == 1 || (level < 4 && (entry & PTE_PS));
}

/* Returns 1 if @entry of a table of @level has a reserved bit set (SDM volume 3, 4.5). */
static inline int paging_is_reserved(uint64_t entry, int level)
{
	return level == 4 && (entry & PTE_PS);
}

/* What a processor's walks begin with. Derived. */
struct paging_vcpu {
	uint64_t root;		/* the level-4 table, guest-physical */
	uint64_t identity;	/* the page of mmu_map_identity, which counts as mapped unless the
				   tables map it; 0: there is none */
	uint64_t top_ignored;	/* bits of level-4 entries of the lower half that are taken for 0
				   (shadow/pairs.c) */
};
extern struct paging_vcpu paging_vcpu;	/* wedge/vm.h */

/* A guest address, translated. */
struct mmu_walk {
	uint64_t gpa;		/* of the byte at the translated address */
	uint64_t leaf;		/* the guest's entry */
	uint64_t leaf_at;	/* gpa of that entry */
	uint64_t flags;		/* PTE_W, PTE_U of all levels, PTE_NX of any, PTE_G */
	int level;		/* of the leaf: 1, 2 or 3 */
	uint64_t entries[PAGING_LEVELS + 1];	/* the guest's entries, by level, down to the leaf */
};

/*
 * The addresses of a kernel that was moved (relocator/). Translations take them for
 * mapped to guest memory from @gpa on, readable, writable and executable, without the
 * guest's tables: the kernel runs there before its tables map it. size is 0 if the kernel
 * was not moved. Set before the first load of CR3. LIMIT: the shadow has no entries for
 * it; a back-end must map it itself when it faults.
 */
extern struct mmu_window {
	uint64_t va, gpa, size;		/* multiples of 64 KiB */
} mmu_window;

/*
 * Translates @va by the guest's tables for an access (PF_W, PF_U, PF_I of @access) and sets
 * accessed and dirty bits as the processor does. Returns 0, or -1 and in *@error the error
 * code of the page fault.
 */
int mmu_translate(uint64_t va, uint32_t access, struct mmu_walk *walk, uint32_t *error);

/* The same without an access: checks no rights and sets no bit. */
int mmu_look(uint64_t va, struct mmu_walk *walk, uint32_t *error);

static inline int paging_in_window(uint64_t va)
{
	return va - mmu_window.va < mmu_window.size;
}

#endif
