/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * Where the wedge lives under Xen. Linux leaves the top 2 MiB and the hole from
 * fffffc0000000000 unused (Documentation/x86/x86_64/mm.rst). For C, assembly
 * and the linker script.
 */
#ifndef PREVIRT_XENPV_LAYOUT_H
#define PREVIRT_XENPV_LAYOUT_H

#ifdef __ASSEMBLER__
#define LAYOUT(x) x
#else
#define LAYOUT(x) x##ull
#endif

#define WEDGE_BASE        LAYOUT(0xffffffffffe00000)	/* image, 2 MiB at most */
#define WEDGE_SHARED_INFO LAYOUT(0xffffffffffff0000)
#ifndef WEDGE_VCPU_INFO		/* a test has its own */
#define WEDGE_VCPU_INFO   LAYOUT(0xffffffffffff2000)	/* each processor its own page */
#endif
#define WEDGE_WINDOW      LAYOUT(0xffffffffffff1000)	/* any page, for a moment */
#define WEDGE_BOOT_BASE   LAYOUT(0xffffffff40000000)	/* where Xen puts it first */
#define WEDGE_AREA        LAYOUT(0xfffffc0000000000)	/* a level-4 slot of its own */
#define WEDGE_POOL        LAYOUT(0xfffffc4000000000)	/* tables, to be read */

#define WEDGE_LINEAR      LAYOUT(0xfffffc4080000000)	/* linear tables, to be read */
#define WEDGE_HEAP        LAYOUT(0xfffffc40c0000000)	/* the wedge's own memory */
#define WEDGE_LDT         LAYOUT(0xfffffc4040000000)	/* 16 pages for each processor */

/* Tables of the shadow: one frame of all in so many, and at least so many. */
#define WEDGE_POOL_SHARE 16
#define WEDGE_POOL_LEAST 2048

#define WEDGE_STACK_SIZE 16384
#define WEDGE_EVENT 256		/* "vector" of an event */
#define WEDGE_FAILSAFE 257
#define WEDGE_SYSCALL 258
#define WEDGE_SYSCALL32 259	/* from 32-bit code */
#define WEDGE_SYSENTER 260
#define WEDGE_VECTORS 261
#define WEDGE_ENTRY_SIZE 16	/* bytes of code for each */

#endif
