/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * Spaces: the lower half of the shadow for each root of the guest's that was loaded
 * recently. lower.h has the invariants.
 */
#ifndef PREVIRT_MMU_SHADOW_SPACES_H
#define PREVIRT_MMU_SHADOW_SPACES_H
#include "dirty_list.h"
#include "tables.h"

struct space {
	uint16_t kernel, user;	/* roots: both halves; the lower half only */
	uint16_t first;		/* its first table of level 3 to 1; shadow_table's next */
	uint8_t supervisor;	/* maps supervisor pages of the lower half */
	unsigned upper;		/* generation of its upper entries (upper.h) */
	uint8_t vcpu, running;	/* the processor it belongs to; 1: it runs there */
	uint8_t paired;		/* 1: the root in the neighbouring frame shares it */
	uint8_t apart;		/* 1: that root must not share it */
	uint8_t unsure;		/* loads since lower_settle has flushed all TLBs */
	uint32_t loaded;	/* spaces_vm.clock at its last load */
	struct dirty_list list;
};

/* Which of them runs on a processor. Derived. */
struct spaces_vcpu {
	unsigned now;
	uint8_t has_space;	/* 0: no root was loaded yet */
	/* 1: the root that was loaded is the lesser of a pair (pairs.c), and @root is the
	   fuller. */
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
	/* The last ones that were loaded: spaces of short-lived processes are among them. */
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
/* The roots of space number @n. Returns 0 if there is no such space. */
int lower_roots(unsigned n, unsigned *kernel, unsigned *user);
/* The dirty list of the space of @table is not valid any more. */
void space_forget_list(unsigned table);
/* Sets an entry of the upper half in all kernel roots. */
void lower_set_upper_root(unsigned index, uint64_t old, uint64_t entry);

#endif
