/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/* Allocation of shadow tables for both halves (pool.c, room.c). */
#ifndef PREVIRT_MMU_SHADOW_POOL_H
#define PREVIRT_MMU_SHADOW_POOL_H
#define POOL_RESERVE 128u	/* for the upper half alone */
/* Returns an empty table of @level, or 0 if none is free. */
unsigned pool_take(int level);
/* The same, but free tables of other spaces if there is none: the lower half those of spaces
   that do not run, the upper half those of running ones as well. */
unsigned pool_alloc_lower(int level);
unsigned pool_alloc_upper(int level);
/* Returns 1 if the lower half may take @count more tables. */
int pool_has_room(unsigned count);
/* No entry refers to @table any more, but a TLB may. The table is unchanged until the
   pending flush is done, and is freed then. */
void pool_give_up(unsigned table);
/* Makes changes effective; @flush: does the pending flush. Nothing else does it. */
void pool_commit(int flush);

#endif
