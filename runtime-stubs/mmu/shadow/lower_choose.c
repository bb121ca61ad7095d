/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/* The choice of a space for a root that has none. */
#include "lower.h"
#include "frames.h"
#include "pool.h"
#include "../mmu.h"

#define SPACE_TABLES 4		/* of one space, at least */
#define CHOICE_MOST 32u		/* spaces that are searched for an abandoned one */

static int lower_is_own(const struct space *space)
{
	return !space->running && space->vcpu == backend_vcpu;
}

static int lower_is_own_with_tables(const struct space *space)
{
	return lower_is_own(space) && space->first;
}

static int lower_make_space(void)
{
	struct space *space;
	unsigned kernel = backend_root(0), user = backend_root(1);
	unsigned most = backend_table_limit() / SPACE_TABLES;

	if (!spaces_vm.space)
		spaces_vm.space = backend_memory((most + BACKEND_VCPUS_MAX) * sizeof(*spaces_vm.space));
	space = &spaces_vm.space[spaces_vm.count];
	/* Each processor gets one, even if another space must lose its tables. */
	if (spaces_vcpu.has_space ? spaces_vm.count >= most || !pool_has_room(SPACE_ROOM)
		      : spaces_vm.count && mmu_make_room(2))
		return -1;
	if (spaces_vm.count && backend_roots_alloc(&kernel, &user))
		return -1;
	space->kernel = kernel;
	space->user = user;
	space->vcpu = backend_vcpu;
	shadow_vm.tables[kernel] = (struct shadow_table){
		.level = 4, .gfn = SHADOW_NO_GFN, .space = spaces_vm.count
	};
	return spaces_vm.count++;
}

/* Returns 1 if the level-4 table was written to since the space ran: the process has most likely
   ended, and another one has the frame. */
static int lower_is_abandoned(const struct space *space)
{
	const struct shadow_table *s = &shadow_vm.tables[space->kernel];

	return s->forced || (shadow_is_shared() ? !shadow_is_unwritten(s->gfn) :
						  !shadow_is_clean(s->gfn, space->kernel));
}

void lower_purge(void)
{
	for (unsigned i = 0; i < spaces_vm.count; i++)
		if (!spaces_vm.space[i].running && spaces_vm.space[i].first && lower_is_abandoned(&spaces_vm.space[i]))
			lower_empty(&spaces_vm.space[i]);
}

/* Returns the number of an abandoned space, or -1 if none was found. */
static int lower_find_abandoned(void)
{
	int all = spaces_vm.count <= CHOICE_MOST;

	for (unsigned i = 0; i < (all ? spaces_vm.count : CHOICE_MOST); i++) {
		unsigned number = all ? i : i < SPACES_RECENT ? spaces_vm.recent[i] : lower_random(spaces_vm.count);

		if (lower_is_own(&spaces_vm.space[number]) && !lower_is_drained(&spaces_vm.space[number]) &&
		    lower_is_abandoned(&spaces_vm.space[number]))
			return number;
	}
	return -1;
}

/*
 * An abandoned space; or a new one, while there are free tables to fill it; or the space of
 * another root. Processes are alike: what both use stays mapped, which costs less than
 * the faults that would fill a new space.
 */
unsigned lower_choose(void)
{
	int number = lower_find_abandoned();
	struct space *victim;

	if (number < 0)
		number = lower_make_space();
	if (number >= 0)
		return number;
	victim = lower_victim(lower_is_own_with_tables);
	if (!victim)
		victim = lower_victim(lower_is_own);
	return victim ? victim - spaces_vm.space : spaces_vcpu.now;
}
