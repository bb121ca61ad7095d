/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * What maps the guest's memory for the processor: here, tables that it walks. A second way
 * implements these functions, and of mmu.h mmu_cached_fault, mmu_cached_prefill,
 * mmu_watch_writes, mmu_make_room, mmu_vm.out_of_tables, mmu_vm.upper_changes and mmu_check.
 */
#ifndef PREVIRT_MMU_SHADOW_H
#define PREVIRT_MMU_SHADOW_H
#include "../paging.h"

/* The guest has loaded CR3 with @root. @keep_global: entries with G are kept. Until user
   mode has run (mmu_vcpu.has_run_user) the lower half is mapped at once. Effective on return. */
void shadow_load(uint64_t root, int keep_global);

/* Map what @walk says of @va, as of the next commit; non-zero: that cannot be. */
int shadow_fill(uint64_t va, const struct mmu_walk *walk);

/* Forget @va, as of the next commit with a flush. */
void shadow_invalidate(uint64_t va);

/* The same at once, in few instructions. -1: shadow_invalidate is to be called, nothing
   has happened. */
int shadow_invalidate_cached(uint64_t va);

/* Changes take effect, and new code is told of (new_code.h). @flush: nothing that was taken away is in a TLB any more. */
void shadow_commit(int flush);

/* The running root and the other of its pair differ where @va is: they are a pair no
   more, and the root is to be loaded anew. */
int shadow_pair_differs(uint64_t va);

/* User mode is about to run: it must not see a supervisor page. */
void shadow_before_user(void);

#endif
