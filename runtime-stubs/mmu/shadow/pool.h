/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * Tables of both halves (pool.c). alloc: an empty one, of @level, or 0; spaces that do
 * not run may lose theirs by it, and by alloc_upper those that do (room.c). give_up: no
 * entry refers to @table any more, but a TLB may; it keeps what it holds until the
 * pending flush is done. commit: changes take effect; @flush: the pending flush is done
 * (the only way to do so). has_room: the lower half may take @count more.
 */
#ifndef PREVIRT_MMU_SHADOW_POOL_H
#define PREVIRT_MMU_SHADOW_POOL_H
#define POOL_RESERVE 128u	/* for the upper half alone */
unsigned pool_take(int level);
unsigned pool_alloc_lower(int level);
unsigned pool_alloc_upper(int level);
int pool_has_room(unsigned count);
void pool_give_up(unsigned table);
void pool_commit(int flush);

#endif
