/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * Page-table isolation: a kernel has two level-4 tables for a process, in neighbouring
 * frames. Their lower halves lead to the same tables. The table for user mode (the lesser)
 * lacks most of the upper half that the kernel's (the fuller) has. In the shadow, user mode
 * has no upper half at all. So both can share one space, that of the fuller: a load of CR3
 * from one to the other changes no root of the processor.
 *
 * LIMIT: on the lesser root the kernel sees what the fuller one maps. The NX bit in
 * level-4 entries of the fuller one's lower half, which such a kernel sets, has no effect.
 */
#include "pairs.h"
#include "lower.h"
#include "shadow.h"

#define MAY_DIFFER (PTE_A | PTE_D | PTE_NX)

int pairs_match(uint32_t fuller, uint32_t lesser)
{
	const uint64_t *more = frame_table(fuller), *less = frame_table(lesser);
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
	const uint64_t *one = frame_table(a), *other = frame_table(b);

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

int pairs_is_other(uint32_t gfn)
{
	struct space *space = lower_running();
	struct shadow_table *s = &shadow_vm.tables[space->kernel];

	if (!space->paired) {
		if (!pairs_match(s->gfn, gfn))
			return 0;
		space->paired = 1;
		s->forced = 1;		/* its entries were compared with their NX bits */
		space->list.epoch = 0;
		spaces_vm.changes++;
	}
	return pairs_agree(s->gfn, gfn, s->used);
}

int shadow_pair_differs(uint64_t va)
{
	struct space *space = lower_running();
	struct shadow_table *s;

	if (!spaces_vcpu.has_space || !space->paired)
		return 0;
	s = &shadow_vm.tables[space->kernel];
	if (pairs_agree_at(s->gfn, s->gfn ^ 1, shadow_index(va, 4)))
		return 0;
	space->paired = 0;
	space->apart = 1;
	s->forced = 1;
	space->list.epoch = 0;
	spaces_vm.changes++;
	return 1;
}
