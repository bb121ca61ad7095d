/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/* The vector state of the processor, by components (bits of XCR0; SDM volume 1, chapter 13). */
#ifndef PREVIRT_HOST_XSTATE_H
#define PREVIRT_HOST_XSTATE_H
#include <stdint.h>

#define HOST_XSTATE_ALL (~0ull)
#define HOST_XSTATE_LEAST 576u		/* bytes of an area */

static inline uint64_t host_xcr0(void)
{
	uint32_t low, high;

	__asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
	return (uint64_t)high << 32 | low;
}

static inline void host_xstate_save(void *area, uint64_t parts)
{
	__asm__ volatile("xsave64 (%0)" : : "r"(area), "a"((uint32_t)parts), "d"((uint32_t)(parts >> 32))
			 : "memory");
}

static inline void host_xstate_load(const void *area, uint64_t parts)
{
	__asm__ volatile("xrstor64 (%0)" : : "r"(area), "a"((uint32_t)parts), "d"((uint32_t)(parts >> 32))
			 : "memory");
}

/* The state after reset. */
static inline void host_xstate_reset(uint64_t parts)
{
	static const struct { uint8_t x87[24]; uint32_t mxcsr; uint8_t rest[HOST_XSTATE_LEAST - 28]; } reset
		__attribute__((aligned(64))) = { .mxcsr = 0x1f80 };

	host_xstate_load(&reset, parts);
}

#endif
