/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * For back-ends whose shadow tables are not walked by a processor: the functions of
 * iface/tables.h, except backend_table_commit and backend_load_roots, which the back-end
 * defines.
 */
#ifndef PREVIRT_MMU_MAPS_TABLES_H
#define PREVIRT_MMU_MAPS_TABLES_H
#include "maps.h"

/* To be called once. @frames: frames of guest memory, as many as backend_guest_bytes has. */
void maps_tables_init(uint64_t frames);

/* The running roots: the arguments of the last backend_load_roots. */
extern unsigned maps_kernel_root, maps_user_root;	/* VCPU_LOCAL */

/* The counters of struct maps' changes, for the lower and the upper half. */
extern uint64_t maps_changes[2];

/* The linear entry of guest frame @gfn has lost PTE_D. */
void maps_frame_changed(uint64_t gfn);

/* The walk function of struct maps. */
void maps_walk_tables(unsigned root, uint64_t va, struct maps_walk *walk);

#endif
