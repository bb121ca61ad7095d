/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * Spaces: the lower half of the shadow for each of the guest's roots that was loaded
 * lately. lower.h has the invariants.
 */
#ifndef PREVIRT_MMU_SHADOW_SPACES_H
#define PREVIRT_MMU_SHADOW_SPACES_H
#include "dirty_list.h"
#include "tables.h"

struct space {
	uint16_t kernel, user;	/* level-4 tables: all, and the lower half alone */
	uint16_t first;		/* its tables, the level-4 one excepted */
	uint8_t supervisor;	/* maps supervisor pages of the lower half */
	unsigned upper;		/* generation of its upper entries (upper.h) */
	uint8_t vcpu, running;	/* whose it is; it runs there */
	uint8_t paired, apart;	/* the neighbouring frame's root has it too; must not */
	uint8_t unsure;		/* loads since lower_settle has emptied all TLBs */
	uint32_t loaded;	/* when */
	struct dirty_list list;
};

/* Which of them runs on a processor. Derived. */
struct spaces_vcpu {
	unsigned now;
	uint8_t any;		/* not 0: one runs */
	/* The root that was loaded is the lesser of a pair (pairs.c), and lower_root the
	   other one. */
	uint8_t on_lesser;
	uint64_t root;		/* lower_root */
};
/* All of a machine. Derived. */
struct spaces_vm {
	struct space *space;
	unsigned count;
	unsigned changes;	/* changes whenever a link in a space does */
	unsigned processors;	/* how many have a space */
	uint32_t clock;		/* counts loads */
	uint32_t random;	/* lower_random */
	/* Those that were loaded last: short-lived processes have one of them. */
#define SPACES_RECENT 16u
	uint16_t recent[SPACES_RECENT];
	unsigned recent_next;
};
extern struct spaces_vcpu spaces_vcpu;	/* wedge/vm.h */
extern struct spaces_vm spaces_vm;

static inline struct space *lower_running(void)
{
	return &spaces_vm.space[spaces_vcpu.now];
}

/* The guest's level-4 table of the running space. */
uint64_t lower_root(void);
/* The roots of space number @n; 0: there is none. */
int lower_roots(unsigned n, unsigned *kernel, unsigned *user);
/* Whether the space of @table has changed, its list cannot tell from now on. */
void space_forget_list(unsigned table);
/* An entry of the upper half, in all roots. */
void lower_set_upper_root(unsigned index, uint64_t old, uint64_t entry);

#endif
