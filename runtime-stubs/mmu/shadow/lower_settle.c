/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/* With several processors: tables that were written to are watched. */
#include "lower.h"
#include "frames.h"
#include "pool.h"

#define SETTLE_LEAST 512u	/* entries in use */

/*
 * With several processors: all tables that were written to are watched at once,
 * for that takes a flush of all. Where there is little to compare, it is compared
 * each time instead.
 */
void lower_settle(struct space *space)
{
	unsigned used = 0;
	int any = 0;

	for (unsigned t = space->first; t && used < SETTLE_LEAST; t = shadow_vm.tables[t].next)
		if (!shadow_vm.tables[t].piece && !shadow_is_clean(shadow_vm.tables[t].gfn, t))
			for (unsigned word = 0; word < 8; word++)
				for (uint64_t bits = shadow_vm.tables[t].used[word]; bits;
				     bits &= bits - 1)
					used++;
	if (used < SETTLE_LEAST)
		return;
	for (unsigned t = space->first; t; t = shadow_vm.tables[t].next) {
		struct shadow_table *s = &shadow_vm.tables[t];

		if (s->piece || shadow_is_clean(s->gfn, t) || s->gfn >= shadow_vm.frame_count)
			continue;
		any |= shadow_watch(s->gfn, t);
		s->forced = 1;
	}
	if (any)
		shadow_settle();
}
