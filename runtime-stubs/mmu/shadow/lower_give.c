/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/* Which space loses its tables when none is free. */
#include "lower.h"

#define VICTIM_TRIES 16
#define VICTIM_LATELY 4		/* recently: in the last count / 4 loads, with count spaces */

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
 * A random one, not the one that has not run for longest: with processes that run in
 * turn, that would always be the next to run.
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

/* A running space may lose user pages, for faults map them again; supervisor pages it needs. */
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
