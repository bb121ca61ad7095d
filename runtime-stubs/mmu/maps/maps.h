/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * For back-ends whose shadow tables are not walked by a processor: mappings that a host
 * makes serve as the TLB of these tables. A fault maps a page, with as many neighbours as the
 * same system call can map. Mappings are compared with the tables when the guest flushes.
 *
 * Invariants: the list has every page that the host has mapped, with at least the
 * rights that it has; the list is sorted by address and has each page once.
 */
#ifndef PREVIRT_MAPS_H
#define PREVIRT_MAPS_H
#include <stdint.h>

#define MAPS_READ 1u
#define MAPS_WRITE 2u
#define MAPS_EXECUTE 4u
#define MAPS_AROUND 16u		/* aligned group of pages that one fault may map */

/* The result of a walk of the tables of a root. */
struct maps_walk {
	uint64_t *leaf;		/* NULL: there is none */
	uint64_t rights;	/* of all levels: PTE_W, PTE_U; PTE_NX of any */
	uint8_t single;		/* 1: map no neighbours, as their rights may differ */
	/* The value of *maps->changes when something was last removed from one of the tables
	   on the way. If maps->generation is not less, all pages of the leaf's table may
	   stay. */
	uint64_t changed;
};

struct maps_page {
	uint64_t va;		/* with the rights in its low bits; 0: none */
	uint64_t frame;		/* what is mapped there: a machine address */
};

/* The mappings of a process of the host. When the list is full, an eighth is unmapped. */
struct maps {
	struct maps_page *pages;
	unsigned room, count;
	/* A counter of changes that removed or replaced a present entry of a table, and its
	   value when the list was compared last; 0: compare everything, also after another
	   root was loaded. */
	const uint64_t *changes;
	uint64_t generation;
	void (*walk)(unsigned root, uint64_t va, struct maps_walk *walk);
	/* Returns 0, or an error of the host, negated. */
	long (*map)(struct maps *maps, uint64_t va, uint64_t size, unsigned rights, uint64_t frame);
	void (*unmap)(struct maps *maps, uint64_t va, uint64_t size);
	uint8_t user;		/* 1: supervisor pages are not mapped */
	uint8_t alone;		/* 1: nothing else is mapped between its pages */
	uint8_t replaces;	/* 1: a call to map is cheap compared with a fault (maps_replace) */
};

/* What maps_fill returns, unless the host has refused. */
enum maps_filled {
	MAPS_DENIED,	/* the tables of @root do not allow the access */
	MAPS_MAPPED	/* the page is mapped, the access can be repeated */
};

/* The access (PF_W, PF_I) has faulted at @va. Returns an enum maps_filled, or the host's
   error, negated, if the host has refused the mapping even with nothing else mapped. */
long maps_fill(struct maps *maps, unsigned root, uint64_t va, uint32_t access);
/* Unmaps what @root does not map any more. */
void maps_sync(struct maps *maps, unsigned root);
/* Unmaps everything. */
void maps_forget(struct maps *maps);
/* Returns NULL, or a text that says what is mapped at *@va and should not be. */
const char *maps_check(const struct maps *maps, unsigned root, uint64_t *va);

#endif
