/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * Selectors and bases of user code: what the host can load for those that the guest has.
 *
 * LIMIT: of a global table the host has flat data alone. Where the guest has another, ds and es are
 * flat, and fs and gs null, with the guest's base.
 */
#include "stub.h"
#include <string.h>

#define UNKNOWN (~0ull)			/* no address of user mode */

static uint16_t segments_loadable(const struct stub_segments *has, int which, uint16_t selector)
{
	if (selector & 4)
		return has->ldt ? stub_ldt_selector(has->ldt, which, selector) : 0;
	if (!(selector & ~3u) || (selector | 3) == HOST_SS)
		return selector;
	return which == SEG_FS || which == SEG_GS ? 0 : HOST_SS;
}

/* Returns 1 if it takes a call. */
static unsigned segments_give_base(struct stub *stub, struct stub_segments *has, int which,
				   uint16_t selector, uint64_t base)
{
	uint64_t before = has->base[which == SEG_GS];

	selector = segments_loadable(has, which, selector);
	has->base[which == SEG_GS] = base;
	if ((selector & ~3u) && base == (selector & 4 ? stub_ldt_base(has->ldt, selector) : 0)) {
		stub->seg[which] = selector;
		return 0;
	}
	if (before == base && !(stub->seg[which] & ~3u))
		return 0;
	/* LIMIT: one that the host does not take is as it was. */
	stub_base_set(stub, which, base);
	return 1;
}

unsigned stub_segments_give(struct stub *stub, struct stub_segments *has, const uint16_t *wanted,
			    int is_64, const uint64_t *base)
{
	uint16_t *seg = stub->seg, cs = wanted[SEG_CS], ss = wanted[SEG_SS];
	unsigned calls = segments_give_base(stub, has, SEG_FS, wanted[SEG_FS], base[0]) +
			 segments_give_base(stub, has, SEG_GS, wanted[SEG_GS], base[1]);

	seg[SEG_DS] = segments_loadable(has, SEG_DS, wanted[SEG_DS]);
	seg[SEG_ES] = segments_loadable(has, SEG_ES, wanted[SEG_ES]);
	seg[SEG_SS] = ss & 4 ? segments_loadable(has, SEG_SS, ss) : HOST_SS;
	cs = cs & 4 ? segments_loadable(has, SEG_CS, cs) : 0;
	seg[SEG_CS] = cs ? cs : is_64 ? HOST_CS : HOST_CS32;
	memcpy(has->given, seg, sizeof(has->given));
	return calls;
}

unsigned stub_segments_take(struct stub *stub, struct stub_segments *has, uint16_t *now)
{
	unsigned changed = 0;

	for (int i = 0; i < SEGS; i++) {
		if (stub->seg[i] == has->given[i])
			continue;
		has->given[i] = now[i] = stub->seg[i];
		changed |= 1u << i;
		if (i == SEG_CS || i == SEG_SS)
			continue;
		/* What a program writes into its frame itself may be none of user mode's. */
		now[i] = segments_loadable(has, i, now[i]);
		if (i == SEG_FS || i == SEG_GS)
			has->base[i == SEG_GS] = UNKNOWN;
	}
	return changed;
}
