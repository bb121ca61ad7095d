/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/* Page-table-isolation pairs (pairs.c). */
#ifndef PREVIRT_MMU_SHADOW_PAIRS_H
#define PREVIRT_MMU_SHADOW_PAIRS_H
#include "spaces.h"

/* Returns 1 if the level-4 tables in these frames are a pair: the same lower half, and @lesser
   lacks entries of the upper half that @fuller has. */
int pairs_match(uint32_t fuller, uint32_t lesser);
/* Returns 1 if two level-4 tables agree in entry @index; in all entries with a bit in @used. */
int pairs_agree_at(uint32_t a, uint32_t b, unsigned index);
int pairs_agree(uint32_t a, uint32_t b, const uint64_t used[]);
/* Returns 1 if @gfn, the neighbour of the running root's frame, is the other root of its pair. */
int pairs_is_other(uint32_t gfn);

/* Returns 1 if @gfn is the other root of the running pair. A load of it is taken for a load of
   the root that runs. */
static inline int pairs_is_running(uint32_t gfn)
{
	const struct space *space = lower_running();

	return spaces_vcpu.has_space && !space->apart && gfn == (shadow_vm.tables[space->kernel].gfn ^ 1) &&
	       pairs_is_other(gfn);
}

#endif
