/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * The supervisor's address space: the wedge's own places; all else is the guest
 * kernel's. For C, assembly and the linker script.
 */
#ifndef PREVIRT_PROCESS_PLACE_H
#define PREVIRT_PROCESS_PLACE_H
#include "../../stub/selectors.h"

#ifdef __ASSEMBLER__
#define PLACE(x) x
#else
#define PLACE(x) x##ull
#endif

/* Slots again, for sites of a kernel that has been moved (cli/run_move.c) to 1 GiB above. */
#define WEDGE_NEAR	PLACE(0x400080000000)
/* Entry 252 of a level-4 table (BACKEND_UPPER_END) and those behind it. */
#define WEDGE_AREA	PLACE(0x7e0000000000)	/* guest memory by its own address */
#define WEDGE_HEAP	PLACE(0x7ea000000000)	/* backend_memory */
#define WEDGE_HEAP_SHARED PLACE(0x400000000)	/* so much of it, where processors share it */
#define WEDGE_BUNDLE	PLACE(0x7eb000000000)	/* what is to run */
#define WEDGE_STUBS	PLACE(0x7ec000000000)	/* regions of stubs */
#define WEDGE_BASE	PLACE(0x7ed000000000)	/* the program (process.lds) */
#define WEDGE_DISKS	PLACE(0x7ee000000000)	/* copies of disks */
#define WEDGE_VCPUS	PLACE(0x7ef000000000)	/* what each processor has for itself, of all */
#define WEDGE_PATCHES	PLACE(0x7ef800000000)	/* copies of user mode's code (patch.c) */
#define WEDGE_TOP	PLACE(0x7ffffffff000)	/* end of what a process has */

/* With --trust=shared: what sites name once more, by addresses of 32 bits. */
#define WEDGE_LOW	PLACE(0x7fff0000)
#define WEDGE_LOW_SIZE	0x10000

#define WEDGE_STACK_SIZE 0x40000
#define WEDGE_NEAR_SIZE	0x6000		/* all slots */
#define WEDGE_NEAR_ROOM	0x10000		/* pages that one call of the host may map (MAPS_AROUND) */

#endif
