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
static uint64_t state_parts(uint64_t kept, size_t needs, size_t size)
{
	return size < needs ? XCR0_X87 | XCR0_SSE : kept;
}

void stub_state_give(struct stub *stub, uint64_t kept, size_t size)
{
	size_t room;
	void *area = stub_fpu(stub, kept, &room);
	uint64_t parts = state_parts(kept, size, room);

	host_xstate_save(area, parts);
	stub_fpu(stub, parts, &room);
}

void stub_state_take(struct stub *stub, uint64_t kept, size_t size)
{
	size_t room;
	void *area = stub_fpu(stub, kept, &room);
	uint64_t parts = state_parts(kept, size, room);

	if (parts != kept)
		host_xstate_reset(kept);
	host_xstate_load(area, parts);
}
