/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * For back-ends whose shadow no processor walks: mappings of a host as a TLB of its
 * tables. They are filled by faults, with neighbours that one call of the host can map as
 * well, and looked at again where the architecture has a TLB forget.
 *
 * Invariants: what the host has mapped stands in the list, with these rights or more; the
 * list is sorted by address, and has each page once.
 */
#ifndef PREVIRT_MAPS_H
#define PREVIRT_MAPS_H
#include <stdint.h>

#define MAPS_READ 1u
#define MAPS_WRITE 2u
#define MAPS_EXECUTE 4u
#define MAPS_AROUND 16u		/* pages looked at around a fault */

/* The tables of a root, walked as the processor does. */
struct maps_walk {
	uint64_t *leaf;		/* NULL: there is none */
	uint64_t rights;	/* of all levels: PTE_W, PTE_U; PTE_NX of any */
	uint8_t single;		/* its neighbours' rights may be others: not to be mapped along */
	/* What the changes stood at (struct maps) when one of the tables on the way has last had
	   something taken from it. All of a leaf's table may stay if that is no later than when
	   it was looked at. */
	uint64_t changed;
};

struct maps_page {
	uint64_t va;		/* with the rights in its low bits; 0: none */
	uint64_t frame;		/* what is mapped there: a machine address */
};

/* What a process of the host has mapped: a list. When it is full, an eighth is unmapped. */
struct maps {
	struct maps_page *pages;
	unsigned room, count;
	/* What counts the changes by which something that was present in a table, and may be
	   mapped here, is not any more, or another; where it was when this was looked at. */
	const uint64_t *changes;
	uint64_t generation;	/* 0: nothing was looked at: also where @root is another one */
	void (*walk)(unsigned root, uint64_t va, struct maps_walk *walk);
	/* 0, or an error of the host, negated. */
	long (*map)(struct maps *maps, uint64_t va, uint64_t size, unsigned rights, uint64_t frame);
	void (*unmap)(struct maps *maps, uint64_t va, uint64_t size);
	uint8_t user;		/* supervisor pages are none of its */
	uint8_t alone;		/* nothing else is mapped between its pages */
	uint8_t replaces;	/* a call to map is cheap beside a fault (maps_replace) */
};

/* The access (PF_W, PF_I) has faulted at @va. 1: it is mapped now; 0: @root does not
   allow it; negative: the host refuses, though nothing else is mapped. */
long maps_fill(struct maps *maps, unsigned root, uint64_t va, uint32_t access);
/* Drop what @root does not map any more. */
void maps_sync(struct maps *maps, unsigned root);
/* All is unmapped. */
void maps_forget(struct maps *maps);
/* NULL, or what is mapped and should not be. */
const char *maps_check(const struct maps *maps, unsigned root, uint64_t *va);

#endif
