/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/* Which space gives up its tables when there are no more. */
#include "lower.h"

#define VICTIM_TRIES 16
#define VICTIM_LATELY 4		/* the last quarter of as many loads as there are spaces */

/* Below @below; the same numbers in each run. */
unsigned lower_random(unsigned below)
{
	spaces_vm.random = spaces_vm.random * 1664525 + 1013904223;
	return (uint64_t)spaces_vm.random * below >> 32;
}

static int lower_has_tables(const struct space *space)
{
	return !space->running && space->first;
}

/*
 * Any space that is @good and has not run lately. Were it always the oldest, processes
 * that run in turn would all find theirs gone as soon as there is no room for one of
 * them.
 */
struct space *lower_victim(int (*good)(const struct space *space))
{
	struct space *oldest = NULL;

	for (int tries = 0; tries < VICTIM_TRIES; tries++) {
		struct space *space = &spaces_vm.space[lower_random(spaces_vm.count)];

		if (good(space) && spaces_vm.clock - space->loaded > spaces_vm.count / VICTIM_LATELY)
			return space;
	}
	for (unsigned i = 0; i < spaces_vm.count; i++)
		if (good(&spaces_vm.space[i]) && (!oldest || spaces_vm.space[i].loaded < oldest->loaded))
			oldest = &spaces_vm.space[i];
	return oldest;
}

/* One that runs can do without what faults bring back: user pages. */
static struct space *lower_running_victim(void)
{
	for (unsigned i = 0; i < spaces_vm.count; i++)
		if (spaces_vm.space[i].running && spaces_vm.space[i].first && !spaces_vm.space[i].supervisor)
			return &spaces_vm.space[i];
	return NULL;
}

int lower_give(int running)
{
	struct space *victim = lower_victim(lower_has_tables);

	if (!victim && running)
		victim = lower_running_victim();
	if (!victim)
		return -1;
	lower_empty(victim);
	if (victim->running && victim->vcpu != backend_vcpu)
		shadow_vm.flush_pending |= BACKEND_FLUSH_ALL;
	return 0;
}
