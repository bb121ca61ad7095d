/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/* The walk cache: for stretches of 2 MiB of user mode, the guest's and the shadow's table of
   level 1 (walk_cache.c). */
#ifndef PREVIRT_MMU_SHADOW_WALK_CACHE_H
#define PREVIRT_MMU_SHADOW_WALK_CACHE_H
#include "tables.h"

#define WALK_CACHE_WAYS 64

/* One entry of the cache. Its size is a power of two, so that it is addressed by a shift. */
struct __attribute__((aligned(128))) walk_cache_way {
	uint64_t stretch;	/* the address divided by 2 MiB */
	unsigned changes;	/* the entry is valid while spaces_vm.changes equals this */
	uint16_t space, table;	/* the shadow's table of level 1 */
	struct shadow_table *shadow;	/* what is known of that table */
	/* The guest's table that it shadows, and the rights of the levels above. Valid while
	   the guest's entries of levels 2 to 4, which are at @at, equal @entries. */
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

/* Caches @table, of level 1, as the one that maps @va in the running space. */
void walk_cache_remember(uint64_t va, unsigned table);

#endif
