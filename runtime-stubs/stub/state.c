/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * The vector state of user code, between its stub and the processor. User code, which sees the
 * host's XCR0, may use parts that nobody keeps: they are as after reset each time it goes on, or
 * they would go from one program to the next.
 */
#include "stub.h"
#include "../host/xstate.h"

/* A program may have written an area into its frame that has no room for all. */
static uint64_t state_parts(uint64_t parts, size_t needs, size_t size)
{
	return size < needs ? XCR0_X87 | XCR0_SSE : parts;
}

void stub_state_give(struct stub *stub, uint64_t parts, size_t size)
{
	size_t room;
	void *area = stub_fpu(stub, parts, &room);
	uint64_t fit = state_parts(parts, size, room);

	host_xstate_save(area, fit);
	stub_fpu(stub, fit, &room);
}

void stub_state_take(struct stub *stub, uint64_t parts, size_t size)
{
	size_t room;
	void *area = stub_fpu(stub, parts, &room);
	uint64_t fit = state_parts(parts, size, room);

	if (fit != parts)
		host_xstate_reset(parts);
	host_xstate_load(area, fit);
}
