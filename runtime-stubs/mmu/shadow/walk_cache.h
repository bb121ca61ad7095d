/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/* Ways through the guest's tables to pages of user mode (walk_cache.c). */
#ifndef PREVIRT_MMU_SHADOW_WALK_CACHE_H
#define PREVIRT_MMU_SHADOW_WALK_CACHE_H
#include <stdint.h>

/* @table, of level 1, maps @va in the space that runs. */
void walk_cache_remember(uint64_t va, unsigned table);

#endif
