/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/* With several processors: when all TLBs are flushed to make dirty bits reliable. */
#include "lower.h"
#include "frames.h"
#include "pool.h"

#define SETTLE_LEAST 512u	/* entries in use */
#define SETTLE_LOADS 32u	/* with something to compare */
#define SETTLE_EACH 4u		/* entries are counted at every fourth load */

static unsigned lower_count(const struct shadow_table *s)
{
	unsigned used = 0;

	for (unsigned word = 0; word < 8; word++)
		for (uint64_t bits = s->used[word]; bits; bits &= bits - 1)
			used++;
	return used;
}

/*
 * A table is compared at each load until all TLBs were flushed after its dirty bits were
 * cleared (flushes.h). If that has not happened in SETTLE_LOADS loads, or if SETTLE_LEAST
 * entries or more are to be compared, all TLBs are flushed here.
 */
void lower_settle(struct space *space)
{
	unsigned used = 0;

	if (++space->unsure % SETTLE_EACH)
		return;
	for (unsigned t = space->first; t && used < SETTLE_LEAST; t = shadow_vm.tables[t].next)
		if (!shadow_vm.tables[t].piece && !shadow_is_current(shadow_vm.tables[t].gfn, t))
			used += lower_count(&shadow_vm.tables[t]);
	if (used < SETTLE_LEAST && space->unsure < SETTLE_LOADS)
		return;
	space->unsure = 0;
	shadow_watch(shadow_vm.tables[space->kernel].gfn, space->kernel);
	for (unsigned t = space->first; t; t = shadow_vm.tables[t].next)
		if (!shadow_vm.tables[t].piece && !shadow_is_current(shadow_vm.tables[t].gfn, t))
			shadow_watch(shadow_vm.tables[t].gfn, t);
	shadow_settle();
}
