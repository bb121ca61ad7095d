/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * The guest's page tables, walked as the processor does (Intel SDM volume 3, 4.3 to 4.5). The
 * walk is one loop over PAGING_LEVELS levels of tables. It is compiled for
 *	4: 64-bit code, entries of 8 bytes (4.5);
 *	3: PAE of 32-bit code (4.4), whose level 3 has four entries without rights;
 *	2: 32-bit code, entries of 4 bytes (4.3), with CR4.PSE set and pages of PSE-36.
 * LIMIT: no five levels, no protection keys. With PAE, level 3 is read at each walk; a processor
 * reads it at a load of CR3. The rest of mmu/ is for four levels.
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

#define PF_P 1u
#define PF_W 2u
#define PF_U 4u
#define PF_RESERVED 8u
#define PF_I 16u

#ifndef PAGING_LEVELS
#define PAGING_LEVELS 4
#endif
#if PAGING_LEVELS == 2
typedef uint32_t paging_entry;
#define PAGING_BITS 10			/* of an address, by each level */
#define PTE_ADDRESS 0xfffff000ull
#define PAGING_RESERVED (1u << 21)	/* of a page of 4 MiB, table 4-4 */
#else
typedef uint64_t paging_entry;
#define PAGING_BITS 9
#define PTE_ADDRESS 0x000ffffffffff000ull
#define PAGING_RESERVED 0xfff00000000001e6ull	/* of level 3 with PAE, table 4-8 */
#endif
/* The highest levels with entries that map pages; that have rights, and an accessed bit. */
#define PAGING_LEAF_MOST (PAGING_LEVELS == 4 ? 3 : 2)
#define PAGING_RIGHTS_MOST (PAGING_LEVELS == 3 ? 2 : PAGING_LEVELS)

/* The number of the entry for @va in a table of @level, 1 to PAGING_LEVELS. */
static inline unsigned paging_index(uint64_t va, int level)
{
	return va >> (12 + PAGING_BITS * (level - 1)) & ((1u << PAGING_BITS) - 1);
}

/* How many bytes an entry of @level maps. */
static inline uint64_t paging_size(int level)
{
	return 1ull << (12 + PAGING_BITS * (level - 1));
}

/* Returns 1 if @entry, a present entry of a table of @level, maps a page, 0 if it refers to a
   table. */
static inline int paging_is_leaf(uint64_t entry, int level)
{
	return level == 1 || (level <= PAGING_LEAF_MOST && (entry & PTE_PS));
}

/* Returns 1 if @entry of a table of @level has a reserved bit set. */
static inline int paging_is_reserved(uint64_t entry, int level)
{
	if (PAGING_LEVELS == 4)
		return level == 4 && (entry & PTE_PS);
	return level == PAGING_LEVELS && (PAGING_LEVELS == 3 || (entry & PTE_PS)) &&
	       (entry & PAGING_RESERVED);
}

/* Returns 1 if @va is an address of the guest's: canonical, or of 32 bits. */
static inline int paging_is_address(uint64_t va)
{
	return PAGING_LEVELS == 4 ? (uint64_t)((int64_t)(va << 16) >> 16) == va : !(va >> 32);
}

/* The physical address of the page that @leaf of @level maps. */
static inline uint64_t paging_page(uint64_t leaf, int level)
{
	uint64_t page = leaf & PTE_ADDRESS & ~(paging_size(level) - 1);

	/* Bits 39 to 32 of the address of a page of 4 MiB are bits 20 to 13 of the entry. */
	return PAGING_LEVELS == 2 && level == 2 ? page | (leaf & 0x1fe000) << 19 : page;
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
