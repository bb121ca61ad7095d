/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/* Page-table-isolation pairs (pairs.c). */
#ifndef PREVIRT_MMU_SHADOW_PAIRS_H
#define PREVIRT_MMU_SHADOW_PAIRS_H
#include "spaces.h"

/* Two frames of level-4 tables: are they a process's, for its kernel and for user mode?
   Do they agree at entry @index; at all that have a bit? */
int pairs_match(uint32_t fuller, uint32_t lesser);
int pairs_agree_at(uint32_t a, uint32_t b, unsigned index);
int pairs_agree(uint32_t a, uint32_t b, const uint64_t used[]);
/* Is @gfn, the neighbour of the running root's frame, the other root of its pair? */
int pairs_is_other(uint32_t gfn);

/* Is @gfn the other root of the pair that runs? It counts as that one, then. */
static inline int pairs_is_running(uint32_t gfn)
{
	const struct space *space = lower_running();

	return spaces_vcpu.any && !space->apart && gfn == (shadow_vm.tables[space->kernel].gfn ^ 1) &&
	       pairs_is_other(gfn);
}

#endif
