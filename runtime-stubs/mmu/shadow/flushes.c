/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/* When each processor's TLB was emptied last (flushes.h). */
#include "flushes.h"

#define FLUSHES_LAST 0xffffffffu

void flushes_restart(void)
{
	for (unsigned i = 0; i < BACKEND_VCPUS_MAX; i++)
		flushes_vm.of[i] = flushes_vm.left[i] = !!flushes_vm.of[i];
	flushes_vm.clock = 1;
	flushes_vm.watched = 0;
}

uint32_t flushes_watch(void)
{
	flushes_vm.watched = 1;
	return flushes_vm.clock;
}

uint32_t flushes_all(void)
{
	uint32_t all = flushes_vm.clock;

	for (unsigned i = 0; i < backend_vcpus; i++)
		if (flushes_vm.of[i] && flushes_vm.of[i] < all)
			all = flushes_vm.of[i];
	return all;
}

int flushes_note(int all)
{
	flushes_vm.clock += flushes_vm.watched;
	flushes_vm.watched = 0;
	flushes_vm.of[backend_vcpu] = flushes_vm.clock;
	for (unsigned i = 0; all && i < backend_vcpus; i++)
		if (flushes_vm.of[i])
			flushes_vm.of[i] = flushes_vm.clock;
	return flushes_vm.clock == FLUSHES_LAST;
}

void flushes_away(void)
{
	flushes_vm.left[backend_vcpu] = flushes_vm.of[backend_vcpu];
	flushes_vm.of[backend_vcpu] = 0;
}

int flushes_back(void)
{
	flushes_vm.of[backend_vcpu] = flushes_vm.left[backend_vcpu];
	return flushes_vm.watched || flushes_vm.of[backend_vcpu] != flushes_vm.clock;
}
