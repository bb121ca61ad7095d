/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/* Software breakpoints: INT3 in the guest's memory, in the place of what stood there. */
#ifndef PREVIRT_GDB_TRAPS_H
#define PREVIRT_GDB_TRAPS_H
#include <stddef.h>
#include <stdint.h>

/* By the tables of the running processor. Return 0, or -1: there is no memory, or no room. */
int traps_set(uint64_t at);
int traps_clear(uint64_t at);
void traps_clear_all(void);
/* Is one set at @at? */
int traps_is_set(uint64_t at);
/* Puts into @bytes, which have been read from @at on, what stood there without them. */
void traps_hide(uint64_t at, uint8_t *bytes, size_t size);
/* Before @size bytes from @at on are written: what comes back later is what is written. */
void traps_written(uint64_t at, uint8_t *bytes, size_t size);

#endif
