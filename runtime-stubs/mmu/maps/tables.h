/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * For back-ends whose shadow no processor walks: its tables (iface/tables.h), but for
 * backend_table_commit and backend_load_roots, which are the back-end's.
 */
#ifndef PREVIRT_MMU_MAPS_TABLES_H
#define PREVIRT_MMU_MAPS_TABLES_H
#include "maps.h"

/* Once, for @frames of guest memory, whose size backend_guest_bytes has. */
void maps_tables_init(uint64_t frames);

/* The roots that run: what backend_load_roots was called with last. */
extern unsigned maps_kernel_root, maps_user_root;	/* VCPU_LOCAL */

/* Of the lower half of the addresses, and the upper: as struct maps' changes. */
extern uint64_t maps_changes[2];

/* The linear entry of guest frame @gfn has lost PTE_D. */
void maps_frame_changed(uint64_t gfn);

/* As struct maps' walk. */
void maps_walk_tables(unsigned root, uint64_t va, struct maps_walk *walk);

#endif
