/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * For back-ends where the next write to a frame is told of by a fault: a table that the
 * guest changes all the time costs less if it counts as written to, and is compared.
 */
#ifndef PREVIRT_MMU_HEAT_H
#define PREVIRT_MMU_HEAT_H
#include <stdint.h>

#define HEAT_HOT 4u		/* so often it was cleaned, and written to again */
#define HEAT_TURNS 16u		/* of so many one cleans it still, for that may have ended */

/* A frame that was written to is to be cleaned. 1: better not. */
static inline int heat_is_hot(uint8_t *heat)
{
	if (++*heat > HEAT_HOT && *heat < HEAT_HOT + HEAT_TURNS)
		return 1;
	if (*heat > HEAT_HOT)
		*heat = HEAT_HOT;
	return 0;
}

#endif
