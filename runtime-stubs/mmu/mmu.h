/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * The guest's virtual memory: its page tables walked in software, and shadow
 * tables for the processor, kept as a TLB is kept.
 *
 * Invariants:
 *  - Whatever the shadow tables map, the guest's tables mapped at the last
 *    flush that concerned it, or map now.
 *  - Supervisor mappings of the upper half are present in the shadow at every
 *    flush, so that the guest kernel's stacks never fault; a fault there brings
 *    all of its 2 MiB. The lower half is filled by faults, and kept while other
 *    address spaces run.
 *  - The user root maps the lower half's user pages and nothing else.
 *
 * Must not know: which hypervisor is below, what an instruction is.
 * Intel SDM volume 3, chapter 4. LIMIT: four levels, no protection keys.
 */
#ifndef PREVIRT_MMU_H
#define PREVIRT_MMU_H
#include <stddef.h>
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

/* Counters, for the report at the end. */
struct mmu_counters {
	uint64_t fills, reflected, root_loads, kernel_syncs, invalidations;
};
extern struct mmu_counters mmu_counters;	/* VCPU_LOCAL */

/* Changes whenever the guest makes the processor forget translations: what was
   translated before may be another page now. */
extern unsigned mmu_generation;
/* Changes whenever the shadow of the upper half does. */
extern unsigned mmu_upper_changes;

/* A guest address, translated. */
struct mmu_walk {
	uint64_t gpa;		/* of the byte asked for */
	uint64_t leaf;		/* the guest's entry */
	uint64_t leaf_at;	/* gpa of that entry */
	uint64_t flags;		/* PTE_W, PTE_U of all levels, PTE_NX of any, PTE_G */
	int level;		/* of the leaf: 1, 2 or 3 */
	uint64_t entries[5];	/* the guest's entries, by level, down to the leaf */
};

/*
 * The kernel's, and mapped to guest memory from @gpa on for reading, writing and
 * execution whatever its tables say: a kernel that was moved starts before they do.
 * Empty where none was; set before the first load of CR3. LIMIT: the shadow has no
 * entries for it, so it is for back-ends that map by faults and look here themselves.
 */
extern struct mmu_window {
	uint64_t va, gpa, size;		/* multiples of 64 KiB */
} mmu_window;

/*
 * Translate @va by the guest's tables for an access (PF_W, PF_U, PF_I of
 * @access). 0, or the error code of the page fault in @error and -1. The
 * accessed and dirty bits are set as the processor sets them.
 */
int mmu_translate(uint64_t va, uint32_t access, struct mmu_walk *walk, uint32_t *error);

/* The same for no access at all: no bit is set. */
int mmu_look(uint64_t va, struct mmu_walk *walk, uint32_t *error);

/*
 * Copy between the wedge and the guest's virtual memory, crossing pages.
 * Non-zero: a page fault at *@address with *@error; bytes before it are done.
 */
int mmu_access(uint64_t va, void *buffer, size_t size, int write, int user,
	       uint64_t *address, uint32_t *error);

/* Global pages of the kernel's that mmu_access has met lately; soft_tlb_changes
   when they are forgotten. */
#define SOFT_TLB_ENTRIES 64
extern struct soft_tlb_entry { uint64_t page; uint8_t *memory; uint8_t writable; } soft_tlb[];
extern unsigned soft_tlb_changes;
static inline struct soft_tlb_entry *soft_tlb_entry(uint64_t va)
{
	return &soft_tlb[(va >> 12 ^ va >> 18) % SOFT_TLB_ENTRIES];
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

/*
 * Are the @size bytes at @va, within a page, those at @copy? Quick for an
 * address that is asked for again and again. 0 also where it cannot be said.
 */
int mmu_unchanged(uint64_t va, size_t size, const uint64_t *copy);
/* The @size bytes at @va, within a page, to be read until mmu_generation changes
   (backend_slow_user is 1 then); NULL where it cannot be said. */
const void *mmu_pointer(uint64_t va, size_t size);

/* Of memory that mmu_pointer has given: a byte that has the bit PTE_D once its page
   was written to after the last call with @start, by whomever. NULL: that cannot
   be said; when it can be said no more, backend_slow_user is 1. */
const uint8_t *mmu_watch_writes(const void *memory, int start);

/* Write guest memory whatever its tables say of writing; 0, or -1: unmapped. */
int mmu_poke(uint64_t va, const void *from, size_t size);

/*
 * Called when a 4 KiB page of the upper half becomes executable, once the
 * shadow is consistent and before the guest goes on. NULL: nobody listens.
 */
extern void (*mmu_code_appeared)(uint64_t va);

/* CR3 := @root; @keep_global: entries with G survive (CR4.PGE). */
void mmu_set_root(uint64_t root, int keep_global);
void mmu_flush_all(void);
void mmu_invalidate(uint64_t va);

/*
 * A page fault of the guest with @access (PF_W, PF_U, PF_I): 0 when the shadow
 * now allows it, -1 with the error code the guest is to see. 1: the guest's
 * tables allow it but there is nothing to map (device memory, the wedge).
 */
int mmu_fault(uint64_t va, uint32_t access, uint32_t *error);

/*
 * The same of user mode in few instructions, where that can be: 0, 1 with the
 * error code the guest is to see, or -1: ask mmu_fault, nothing is known.
 */
int mmu_quick_fault(uint64_t va, uint32_t access, uint32_t *error);
int mmu_quick_prefill(uint64_t va);

/* What the guest's tables have at @va cannot be mapped there. */
int mmu_is_apart(uint64_t va);

/* 1: the upper half needed one more table, and nobody could give any. The guest must
   not go on. */
extern uint8_t mmu_out_of_tables;
/* See to it that @count tables can be had. -1: they cannot. */
int mmu_make_room(unsigned count);

/* This processor starts, perhaps once more: it has not run user mode. */
void mmu_start(void);

/* A processor that has not run user mode yet needs @va, of the lower half, which
   the guest's tables do not map: the memory at that address, until the tables
   are looked at the next time. -1: there is none. */
int mmu_lend(uint64_t va);

/* The guest has dealt with a page fault of user mode at @va: map what its tables
   say now, so that it does not fault again. */
void mmu_prefill(uint64_t va);

/* For the shadow: remember that @va has become executable. */
void mmu_note_code(uint64_t va);

/* This processor has got to user mode: the kernel is in the upper half for good. */
void mmu_user_seen(void);

/* User mode is about to run. */
void mmu_before_user(void);

/*
 * At the end of a run: is all of the shadow as it must be (check.c)? NULL, or what
 * is not, and where: a guest address, or of frames a guest-physical one.
 */
const char *mmu_check(uint64_t *va);

#endif
