/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * Entries of page tables, as they are handed to Xen and as Xen stores them. A
 * 64-bit guest's kernel runs in ring 3, so all that the processor walks has U: it is
 * a level-1 entry's other bits that keep user mode away. One that is handed over
 * without U is stored with U and the mark of the guest's kernel, and no TLB keeps it
 * when Xen changes to user mode's tables. One with U is stored with G, and stays in
 * the TLB then (Xen: arch/x86/pv/mm.h, adjust_guest_l1e). Links get U from Xen.
 *
 * Invariant: no entry made from what stands here has U.
 */
#ifndef PREVIRT_XENPV_ENTRIES_H
#define PREVIRT_XENPV_ENTRIES_H

#define ENTRY_P (1ull << 0)
#define ENTRY_W (1ull << 1)
#define ENTRY_A (1ull << 5)
#define ENTRY_D (1ull << 6)
#define ENTRY_PS (1ull << 7)
#define ENTRY_G (1ull << 8)
#define ENTRY_KERNEL (1ull << 52)	/* the mark */
#define ENTRY_NX (1ull << 63)
#define ENTRY_ADDRESS 0x000ffffffffff000ull

/* Pages of the wedge and of the guest's memory; links to tables. */
#define ENTRY_READ (ENTRY_P | ENTRY_A)
#define ENTRY_WRITE (ENTRY_P | ENTRY_W | ENTRY_A | ENTRY_D)
#define ENTRY_LINK ENTRY_WRITE

#endif
