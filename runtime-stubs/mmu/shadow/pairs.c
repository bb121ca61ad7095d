/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * Page-table isolation: a kernel has two level-4 tables for a process, in
 * neighbouring frames. Their lower halves lead to the same tables; the one for
 * user mode lacks nearly all of the kernel's own, which keeps nothing from a user
 * mode that has no upper half at all here. So both are one space, the fuller one's,
 * and a load of CR3 from one to the other changes no root.
 *
 * LIMIT: the kernel sees on the lesser one what the fuller one maps, too; a
 * prohibition to execute in the fuller one's level-4 entries of the lower half,
 * which such a kernel sets, is not heeded.
 */
#include "shadow.h"

#define MAY_DIFFER (PTE_A | PTE_D | PTE_NX)

static const uint64_t *pairs_table(uint32_t gfn)
{
	return gfn < shadow_frame_count ? backend_guest((uint64_t)gfn * BACKEND_PAGE) : NULL;
}

int pairs_match(uint32_t fuller, uint32_t lesser)
{
	const uint64_t *more = pairs_table(fuller), *less = pairs_table(lesser);
	int lacks = 0;

	if (!more || !less)
		return 0;
	for (unsigned i = 0; i < BACKEND_UPPER_FIRST; i++)
		if ((more[i] ^ less[i]) & ~MAY_DIFFER)
			return 0;
	for (unsigned i = BACKEND_UPPER_FIRST; i < BACKEND_UPPER_END; i++) {
		if (less[i] & ~more[i] & PTE_P)
			return 0;
		lacks |= !!(more[i] & ~less[i] & PTE_P);
	}
	return lacks;
}

int pairs_agree_at(uint32_t a, uint32_t b, unsigned index)
{
	const uint64_t *one = pairs_table(a), *other = pairs_table(b);

	return one && other && !((one[index] ^ other[index]) & ~MAY_DIFFER);
}

int pairs_agree(uint32_t a, uint32_t b, const uint64_t used[])
{
	for (unsigned word = 0; word < 4; word++)
		for (uint64_t bits = used[word]; bits; bits &= bits - 1)
			if (!pairs_agree_at(a, b, word * 64 + __builtin_ctzll(bits)))
				return 0;
	return 1;
}
