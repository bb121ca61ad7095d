/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * Segments of the running processor: user mode's selectors, descriptors that user mode
 * can load, and the bases of fs and gs. Registers are numbered as in cpu.h (SEG_ES ...).
 */
#ifndef PREVIRT_IFACE_SEGMENTS_H
#define PREVIRT_IFACE_SEGMENTS_H
#include <stdint.h>

/* Sets the base of fs, in kernel and user mode, to the canonical address @base. */
void backend_set_fs_base(uint64_t base);

/* Sets the base of gs in user mode (@user 1) or in kernel mode (0) to the canonical
   address @base. */
void backend_set_gs_base(int user, uint64_t base);

/* Returns the base that fs or gs (@which: SEG_FS or SEG_GS) has in user mode. */
uint64_t backend_user_base(int which);

/* Loads user mode's gs with @selector, which sets its base as the processor does it.
   Non-zero: refused, gs is as it was or null. */
int backend_set_gs_selector(uint16_t selector);

/* Loads SEG_ES, SEG_DS or SEG_FS (@which) with @selector. Non-zero: refused, the
   register is as it was or null. */
int backend_set_selector(int which, uint16_t selector);

/* Sets the first @count descriptors of the global table (GDT). Those that are not of
   privilege level 3 are 0 here. A segment register whose selector cannot be loaded any more
   becomes null (struct cpu, stale). */
void backend_set_gdt(const uint64_t *descriptors, unsigned count);

/* Sets the @count descriptors of the local table (LDT) from number @first on; the rest is as
   for backend_set_gdt. */
void backend_set_ldt(unsigned first, const uint64_t *descriptors, unsigned count);

/* Sets the limit of the local table: its first @count descriptors are valid. */
void backend_load_ldt(unsigned count);

#endif
