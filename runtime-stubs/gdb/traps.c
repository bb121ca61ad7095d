/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
#include "traps.h"
#include "../mmu/mmu.h"

#define TRAPS 64u
#define INT3 0xcc

static struct trap {
	uint64_t at;
	uint8_t set, byte;	/* that stood there */
} traps[TRAPS];

static struct trap *traps_find(uint64_t at)
{
	for (unsigned i = 0; i < TRAPS; i++)
		if (traps[i].set && traps[i].at == at)
			return &traps[i];
	return NULL;
}

int traps_is_set(uint64_t at)
{
	return traps_find(at) != NULL;
}

int traps_set(uint64_t at)
{
	static const uint8_t int3 = INT3;
	struct trap *trap = traps;
	uint64_t address;
	uint32_t error;

	if (traps_find(at))
		return 0;
	while (trap < traps + TRAPS && trap->set)
		trap++;
	if (trap == traps + TRAPS || mmu_access(at, &trap->byte, 1, 0, 0, &address, &error) ||
	    mmu_poke(at, &int3, 1))
		return -1;
	trap->at = at;
	trap->set = 1;
	return 0;
}

/* Bytes that the guest has written over a breakpoint stay. */
int traps_clear(uint64_t at)
{
	struct trap *trap = traps_find(at);
	uint64_t address;
	uint32_t error;
	uint8_t now;

	if (!trap)
		return 0;
	trap->set = 0;
	if (mmu_access(at, &now, 1, 0, 0, &address, &error))
		return -1;
	return now == INT3 ? mmu_poke(at, &trap->byte, 1) : 0;
}

void traps_clear_all(void)
{
	for (unsigned i = 0; i < TRAPS; i++)
		if (traps[i].set)
			traps_clear(traps[i].at);
}

void traps_hide(uint64_t at, uint8_t *bytes, size_t size)
{
	for (unsigned i = 0; i < TRAPS; i++)
		if (traps[i].set && traps[i].at - at < size && bytes[traps[i].at - at] == INT3)
			bytes[traps[i].at - at] = traps[i].byte;
}

void traps_written(uint64_t at, uint8_t *bytes, size_t size)
{
	for (unsigned i = 0; i < TRAPS; i++)
		if (traps[i].set && traps[i].at - at < size) {
			traps[i].byte = bytes[traps[i].at - at];
			bytes[traps[i].at - at] = INT3;
		}
}
