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
	/* Changes whenever the guest makes the processor forget translations: what was
	   translated before may be another page now. The same of the upper half. */
	unsigned generation, kernel_generation;
	int has_run_user;
	struct mmu_pointer {		/* what mmu_pointer has given last */
		uint64_t va;
		unsigned generation, is_global;
		const void *memory;
	} pointer;
	struct mmu_counters counters;
};
struct mmu_vm {
	unsigned upper_changes;		/* changes whenever the shadow of the upper half does */
	/* 1: the upper half needed one more table, and nobody could give any. The guest
	   must not go on. */
	uint8_t out_of_tables;
};
extern struct mmu_vcpu mmu_vcpu;	/* wedge/vm.h */
extern struct mmu_vm mmu_vm;

/*
 * Copy between the wedge and the guest's virtual memory, crossing pages.
 * Non-zero: a page fault at *@address with *@error; bytes before it are done.
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
/* The level of the guest's table in frame @gfn that the lower half of the shadow watches;
   0: there is none. */
int mmu_watched_level(uint64_t gfn);

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

/* A page fault of the guest with @access (PF_W, PF_U, PF_I); never MMU_UNKNOWN. With
   MMU_REFLECTED, *@error is the error code. */
enum mmu_result mmu_fault(uint64_t va, uint32_t access, uint32_t *error);

/* mmu_fault and mmu_prefill for user mode by the walk cache, in few instructions: never
   MMU_NOTHING; with MMU_UNKNOWN, or non-zero, mmu_fault or mmu_prefill is to be called. */
enum mmu_result mmu_cached_fault(uint64_t va, uint32_t access, uint32_t *error);
int mmu_cached_prefill(uint64_t va);

/* Returns 1 if nothing of the guest's can be mapped at @va: the wedge or the hypervisor
   lives there. */
int mmu_is_apart(uint64_t va);

/* See to it that @count tables can be had. -1: they cannot. */
int mmu_make_room(unsigned count);

/* This processor starts, perhaps once more: it has not run user mode. */
void mmu_start(void);

/* Maps @va, of the lower half, to the guest-physical address of the same number, until the
   next load of CR3. For the stack of a processor that has not run user mode and whose
   tables do not map it. Returns -1 if user mode has run or no memory is there. */
int mmu_map_identity(uint64_t va);

/* The guest has dealt with a page fault of user mode at @va: map what its tables
   say now, so that it does not fault again. */
void mmu_prefill(uint64_t va);

/* This processor has got to user mode: the kernel is in the upper half for good. */
void mmu_user_seen(void);

/* This processor waits, and neither it nor the wedge on it writes to the guest's memory
   until mmu_goes_on. */
void mmu_halts(void);
void mmu_goes_on(void);

/* User mode is about to run. */
void mmu_before_user(void);

/*
 * At the end of a run: is all of the shadow as it must be (check.c)? NULL, or what
 * is not, and where: a guest address, or of frames a guest-physical one.
 */
const char *mmu_check(uint64_t *va);

#endif
