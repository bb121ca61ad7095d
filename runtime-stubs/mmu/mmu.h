/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * The guest's virtual memory: its page tables walked in software, and shadow
 * tables for the processor. The shadow follows the rules of a TLB: it may hold a stale
 * translation until the guest flushes that.
 *
 * Invariants:
 *  - What the shadow tables map, the guest's tables map now or have mapped at the last
 *    flush of that address.
 *  - After every flush the shadow has all supervisor mappings of the upper half, so that
 *    the guest kernel's stacks never fault. A fault there maps all of its 2 MiB. The
 *    lower half is filled by faults, and stays while other address spaces run.
 *  - The user root maps user pages of the lower half and nothing else.
 *
 * Must not know: which hypervisor is below, what an instruction is.
 * Intel SDM volume 3, chapter 4. LIMIT: four levels, no protection keys.
 */
#ifndef PREVIRT_MMU_H
#define PREVIRT_MMU_H
#include <stddef.h>
#include <stdint.h>
#include "paging.h"
#include "result.h"
#include "soft_tlb.h"

/* Counters, for the report at the end. */
struct mmu_counters {
	uint64_t fills, reflected, root_loads, kernel_syncs, invalidations;
};

/* The MMU of a processor, and of a machine. All of it is derived; paging.h, soft_tlb.h,
   new_code.h and the headers of shadow/ have the rest. */
struct mmu_vcpu {
	/* generation changes at each flush by the guest, after which an address may lead to
	   another page; kernel_generation only if the flush concerns the upper half. */
	unsigned generation, kernel_generation;
	int has_run_user;
	struct mmu_pointer {		/* the last result of mmu_pointer */
		uint64_t va;
		unsigned generation, is_global;
		const void *memory;
	} pointer;
	struct mmu_counters counters;
};
struct mmu_vm {				/* derived */
	unsigned upper_changes;		/* changes whenever the shadow of the upper half does */
	/* 1: the upper half needed a table and none could be freed. The wedge must stop the
	   guest. */
	uint8_t out_of_tables;
};
extern struct mmu_vcpu mmu_vcpu;	/* wedge/vm.h */
extern struct mmu_vm mmu_vm;

/*
 * Copies @size bytes between @buffer and the guest's virtual memory at @va, which may
 * cross pages. Returns non-zero after a page fault at *@address with *@error; the bytes
 * before it are copied.
 */
int mmu_access(uint64_t va, void *buffer, size_t size, int write, int user,
	       uint64_t *address, uint32_t *error);

/*
 * Returns 1 if the @size bytes at @va, within a page, are those at @copy, in few
 * instructions if the last call was for the same @va. Returns 0 also if @va cannot be read.
 */
int mmu_unchanged(uint64_t va, size_t size, const uint64_t *copy);
/* Returns the @size bytes at @va, within a page, to be read until mmu_vcpu.generation changes
   (requests_vcpu.slow is 1 then), or NULL if @va cannot be read. */
const void *mmu_pointer(uint64_t va, size_t size);

/* Returns a byte whose PTE_D bit is set after any write to the page of @memory (from
   mmu_pointer) since the last call with @start. Returns NULL if writes to that page cannot
   be watched. When they can be watched no longer, requests_vcpu.slow becomes 1. */
const uint8_t *mmu_watch_writes(const void *memory, int start);
/* Returns the level of the guest's table in frame @gfn whose dirty bit the lower half of the
   shadow relies on, or 0 if it relies on none there. */
int mmu_watched_level(uint64_t gfn);

/* Writes to the guest's virtual memory, read-only pages included. Returns 0, or -1 if a page
   is not mapped. */
int mmu_poke(uint64_t va, const void *from, size_t size);

/*
 * Called when a 4 KiB page of the upper half has become executable: the shadow is
 * consistent, the guest has not gone on. NULL: no callback.
 */
extern void (*mmu_code_appeared)(uint64_t va);

/* Loads CR3 with @root. @keep_global: translations with G survive (CR4.PGE). */
void mmu_set_root(uint64_t root, int keep_global);
/* Flushes all translations, those with G included. */
void mmu_flush_all(void);
/* INVLPG. */
void mmu_invalidate(uint64_t va);

/* Handles a page fault of the guest at @va with @access (PF_W, PF_U, PF_I). Never returns
   MMU_UNKNOWN. With MMU_REFLECTED, *@error is the error code for the guest. */
enum mmu_result mmu_fault(uint64_t va, uint32_t access, uint32_t *error);

/* mmu_fault and mmu_prefill for addresses of user mode that the walk cache has. Never returns
   MMU_NOTHING. After MMU_UNKNOWN, or a non-zero result of the second, the caller calls
   mmu_fault or mmu_prefill. */
enum mmu_result mmu_cached_fault(uint64_t va, uint32_t access, uint32_t *error);
int mmu_cached_prefill(uint64_t va);

/* Returns 1 if the page of @va belongs to the wedge or the hypervisor: the guest's
   mappings there are ignored. */
int mmu_is_apart(uint64_t va);

/* Frees tables of the lower half until @count tables are free. Returns -1 if there are not
   so many. */
int mmu_make_room(unsigned count);

/* The running processor starts, perhaps not for the first time: it has not run user mode. */
void mmu_start(void);

/* Maps @va, of the lower half, to the guest-physical address of the same number, until the
   next load of CR3. For the stack of a processor that has not run user mode and whose
   tables do not map it. Returns -1 if user mode has run or no memory is there. */
int mmu_map_identity(uint64_t va);

/* The guest has handled a page fault of user mode at @va. Maps the page if the guest's tables
   have it now, so that user mode does not fault again. */
void mmu_prefill(uint64_t va);

/* The running processor has entered user mode: from now on its kernel runs in the upper
   half. */
void mmu_user_seen(void);

/* The running processor halts. Until mmu_goes_on neither the guest nor the wedge writes to
   guest memory on it. */
void mmu_halts(void);
void mmu_goes_on(void);

/* To be called before each entry of user mode. */
void mmu_before_user(void);

/*
 * At the end of a run: checks the whole shadow (shadow/check.c). Returns NULL, or a text that
 * says what is wrong, and in *@va the guest address (of a frame: guest-physical).
 */
const char *mmu_check(uint64_t *va);

#endif
