/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/* Software breakpoints: INT3 in the guest's memory, in place of a byte that is kept here. */
#ifndef PREVIRT_GDB_TRAPS_H
#define PREVIRT_GDB_TRAPS_H
#include <stddef.h>
#include <stdint.h>

/* By the tables of the running processor. Return 0, or -1: there is no memory, or no room. */
int traps_set(uint64_t at);
int traps_clear(uint64_t at);
void traps_clear_all(void);
/* Returns 1 if a breakpoint is set at @at. */
int traps_is_set(uint64_t at);
/* Replaces breakpoints in @bytes, which were read from @at on, by the bytes that they hide. */
void traps_hide(uint64_t at, uint8_t *bytes, size_t size);
/* @size bytes from @at on are about to be written: breakpoints among them stay, and hide the
   new bytes. */
void traps_written(uint64_t at, uint8_t *bytes, size_t size);

#endif
