/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/* When each processor's TLB was emptied last (flushes.h). */
#include "flushes.h"
#include "../../iface/vcpu.h"

#define FLUSHES_LAST 0xffffffffu

/* The last flush of each processor, 0: it has not started, or is away; and the same before it
   went away. */
static uint32_t flushes_of[BACKEND_VCPUS_MAX], flushes_left[BACKEND_VCPUS_MAX];
static uint32_t flushes_clock = 1;
static uint8_t flushes_watched;		/* a bit was cleared since the clock advanced */

void flushes_restart(void)
{
	for (unsigned i = 0; i < BACKEND_VCPUS_MAX; i++)
		flushes_of[i] = flushes_left[i] = !!flushes_of[i];
	flushes_clock = 1;
	flushes_watched = 0;
}

uint32_t flushes_watch(void)
{
	flushes_watched = 1;
	return flushes_clock;
}

uint32_t flushes_all(void)
{
	uint32_t all = flushes_clock;

	for (unsigned i = 0; i < backend_vcpus; i++)
		if (flushes_of[i] && flushes_of[i] < all)
			all = flushes_of[i];
	return all;
}

int flushes_note(int all)
{
	flushes_clock += flushes_watched;
	flushes_watched = 0;
	flushes_of[backend_vcpu] = flushes_clock;
	for (unsigned i = 0; all && i < backend_vcpus; i++)
		if (flushes_of[i])
			flushes_of[i] = flushes_clock;
	return flushes_clock == FLUSHES_LAST;
}

void flushes_away(void)
{
	flushes_left[backend_vcpu] = flushes_of[backend_vcpu];
	flushes_of[backend_vcpu] = 0;
}

int flushes_back(void)
{
	flushes_of[backend_vcpu] = flushes_left[backend_vcpu];
	return flushes_watched || flushes_of[backend_vcpu] != flushes_clock;
}
