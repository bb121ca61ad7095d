/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/* The address space of this process of a Linux host, and its processor. */
#ifndef PREVIRT_HOST_SPACE_H
#define PREVIRT_HOST_SPACE_H
#include <stdint.h>

/* Returns the lowest address that the host lets this process map, 64 KiB at least; 0: there
   is none below 2 GiB. */
uint64_t host_lowest(void);

/*
 * Unmaps @start to @end (exclusive) and reserves the range without access rights. The host does
 * not free its page tables there, so that the next mapping need not allocate them, which is
 * most of the cost of a single page. Returns 0, or an error of the host, negated.
 */
long host_reserve(uint64_t start, uint64_t end);

/* Returns 1 if the host lets programs execute the instructions for the bases of fs and gs.
   @stack: the initial stack of the program, which ends with the auxiliary vector. */
int host_has_fsgsbase(const uint64_t *stack);

/* Restricts this process, and those that it makes, to one of the processors that it may run
   on. Processes with different numbers (@number of @all) get different ones, if there are
   enough. A single process stays where it runs now. */
void host_pin(unsigned number, unsigned all);

#endif
