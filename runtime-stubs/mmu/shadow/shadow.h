/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * The interface between mmu.c and what maps the guest's memory for the processor. This
 * folder does it with shadow tables. Another implementation would define these functions
 * and, of mmu.h, mmu_cached_fault, mmu_cached_prefill, mmu_watch_writes, mmu_make_room,
 * mmu_check, mmu_vm.out_of_tables and mmu_vm.upper_changes.
 */
#ifndef PREVIRT_MMU_SHADOW_H
#define PREVIRT_MMU_SHADOW_H
#include "../paging.h"

/* The guest has loaded CR3 with @root. @keep_global: translations with G stay. While user
   mode has not run (mmu_vcpu.has_run_user is 0), maps all of the lower half. Takes effect
   before it returns. */
void shadow_load(uint64_t root, int keep_global);

/* Maps @va as @walk says. Takes effect at the next commit. Returns non-zero if no memory can
   be mapped there. */
int shadow_fill(uint64_t va, const struct mmu_walk *walk);

/* Removes or updates the translation of @va. Takes effect at the next commit with a flush. */
void shadow_invalidate(uint64_t va);

/* The same by the walk cache, with effect before it returns. Returns -1 if the walk cache
   does not have @va: the caller calls shadow_invalidate then. */
int shadow_invalidate_cached(uint64_t va);

/* Makes changes effective and reports new code (new_code.h). @flush: flushes TLBs as well if
   something present was removed or changed. */
void shadow_commit(int flush);

/* Returns 1 if the two roots of the running pair differ in the level-4 entry of @va. They are
   no pair from then on, and the caller loads the root again. */
int shadow_pair_differs(uint64_t va);

/* Before each entry of user mode: removes supervisor pages from the lower half. */
void shadow_before_user(void);

#endif
