/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/* Entries of the upper half without G (nonglobal.c). */
#ifndef PREVIRT_MMU_SHADOW_NONGLOBAL_H
#define PREVIRT_MMU_SHADOW_NONGLOBAL_H
#include <stdint.h>

#define NONGLOBAL_MOST 512u

/* A table of the guest's. */
struct nonglobal {
	uint64_t va;		/* what it maps, from there on */
	uint32_t gfn;
	uint8_t level;
};

/* Those of a machine. Derived. */
struct nonglobal_vm {
	struct nonglobal list[NONGLOBAL_MOST];
	unsigned count;		/* more than there is room: many */
	uint16_t number;	/* of the list, not 0; see shadow_table's listed */
};
extern struct nonglobal_vm nonglobal_vm;	/* wedge/vm.h */

/* A table of the shadow maps one of them at @va: @way[@last], where @way has the tables
   that lead there, by level. */
void nonglobal_note(const unsigned way[5], int last, uint64_t va);
/* All is going to be compared, and noted again. */
void nonglobal_reset(void);
/* What leads to such entries, where it was written to; -1: too much. */
int upper_sync_nonglobal(uint64_t root);

#endif
