/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * The saved state of a machine: a head, and parts with name, version and size each
 * ("cpu0", "xstate0", "board", "memory"). Numbers are little-endian. Memory is as the guest wrote
 * it: its sites have their original bytes.
 *
 * LIMIT: one processor; no modules; no site that the guest has changed.
 */
#ifndef PREVIRT_STATE_H
#define PREVIRT_STATE_H
#include <stddef.h>
#include <stdint.h>

size_t wedge_state_size(void);
/* Between two instructions of the guest, with its IF in previrt_cpu. NULL, or why it
   cannot be saved. The guest may go on. */
const char *wedge_save(uint8_t *to);

/* The time (backend_time) of the save, from which a machine that loads it goes on; 0:
   this is no saved state. */
uint64_t wedge_state_time(const uint8_t *from, size_t size);
/* In wedge_start's place, with the same bundle. Stops the wedge if it cannot be. */
_Noreturn void wedge_load(const void *bundle, size_t bundle_size, const uint8_t *from, size_t size);

#endif
