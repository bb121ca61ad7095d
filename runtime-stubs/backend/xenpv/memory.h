/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * What frames.c, tables.c and memory.c share. The domain's memory is frames of 4 KiB, numbered
 * from 0 on (pseudo-physical). Those after Xen's own start-up area are given out from the front:
 * for tables of the wedge's map, the pool of shadow tables, the wedge's memory. The last ones are
 * the guest's. The wedge maps them below the level-4 slot of WEDGE_AREA.
 */
#ifndef PREVIRT_XENPV_MEMORY_H
#define PREVIRT_XENPV_MEMORY_H
#include "xenpv.h"

extern const uint64_t *xenpv_mfns;	/* the machine frame of each */
extern uint64_t xenpv_next_pfn;		/* the next that is given out */
extern uint64_t xenpv_guest_pfn;	/* the guest's are those from this one on */

void xenpv_frames_init(void);
/* Makes a level-1 table that maps @count frames from @pfn on. Returns the table's frame. */
uint64_t xenpv_make_l1(uint64_t pfn, unsigned count, uint64_t rights);
/* Maps the 2 MiB at @va by the level-1 table in frame @l1_pfn. */
void xenpv_map(uint64_t va, uint64_t l1_pfn);
/* Maps @count frames from @pfn on, at most 512, in the heap. Returns where. */
void *xenpv_map_in_heap(uint64_t pfn, unsigned count, uint64_t rights);

/* Machine frames of the linear tables, by gfn / 512; 0: no memory. */
extern uint64_t *xenpv_linear_mfns;
/* The first roots, and the pool. Called behind xenpv_frames_init. */
void xenpv_tables_init(void);

#endif
