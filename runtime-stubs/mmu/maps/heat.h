/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * For back-ends that detect the next write to a frame by a fault. A table that the guest
 * writes to often costs less if it stays marked as written to and is compared each time.
 */
#ifndef PREVIRT_MMU_HEAT_H
#define PREVIRT_MMU_HEAT_H
#include <stdint.h>

#define HEAT_HOT 4u		/* a frame is hot after so many times cleaned */
#define HEAT_TURNS 16u		/* a hot frame is still cleaned once in so many times */

/* A frame that was written to is about to be cleaned. Returns 1 if it should stay dirty. */
static inline int heat_is_hot(uint8_t *heat)
{
	if (++*heat > HEAT_HOT && *heat < HEAT_HOT + HEAT_TURNS)
		return 1;
	if (*heat > HEAT_HOT)
		*heat = HEAT_HOT;
	return 0;
}

#endif
