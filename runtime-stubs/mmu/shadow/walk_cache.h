/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/* Ways through the guest's tables to pages of user mode (walk_cache.c). */
#ifndef PREVIRT_MMU_SHADOW_WALK_CACHE_H
#define PREVIRT_MMU_SHADOW_WALK_CACHE_H
#include "tables.h"

#define WALK_CACHE_WAYS 64

/* How to get to the pages of a stretch of 2 MiB of a space. Its size is a power of two, so
   that one is found by a shift. */
struct __attribute__((aligned(128))) walk_cache_way {
	uint64_t stretch;
	unsigned changes;	/* valid while no link in a lower half changes, and no
				   table there comes to stand for another */
	uint16_t space, table;	/* table: of the shadow */
	struct shadow_table *shadow;	/* the same */
	/* The guest's table, which is the shadow's, and the rights gathered above it;
	   so they are while the entries that led there are what they were. */
	uint64_t *guest;
	uint64_t flags;
	const volatile uint64_t *at[3];
	uint64_t entries[3];
};

/* Those of a processor. Derived. */
struct walk_cache_vcpu {
	struct walk_cache_way ways[WALK_CACHE_WAYS];
};
extern struct walk_cache_vcpu walk_cache_vcpu;	/* wedge/vm.h */

/* @table, of level 1, maps @va in the space that runs. */
void walk_cache_remember(uint64_t va, unsigned table);

#endif
