/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/* Entries of the upper half without G (nonglobal.c). */
#ifndef PREVIRT_MMU_SHADOW_NONGLOBAL_H
#define PREVIRT_MMU_SHADOW_NONGLOBAL_H
#include <stdint.h>

#define NONGLOBAL_MOST 512u

/* A guest table that leads to an entry without G. */
struct nonglobal {
	uint64_t va;		/* the first address it maps */
	uint32_t gfn;
	uint8_t level;
};

/* Those of a machine. Derived. */
struct nonglobal_vm {
	struct nonglobal list[NONGLOBAL_MOST];
	unsigned count;		/* NONGLOBAL_MOST + 1: more than the list has room for */
	uint16_t number;	/* of this list, not 0: value of shadow_table's `listed' */
};
extern struct nonglobal_vm nonglobal_vm;	/* wedge/vm.h */

/* The shadow maps an entry without G at @va by the table @way[@last]. @way has the tables of
   the shadow that lead there, by level. */
void nonglobal_note(const unsigned way[5], int last, uint64_t va);
/* Begins a new list: all of the upper half is about to be compared. */
void nonglobal_reset(void);
/* Compares what hangs below those tables of the list that were written to. Returns -1 if there
   are too many. */
int upper_sync_nonglobal(uint64_t root);

#endif
