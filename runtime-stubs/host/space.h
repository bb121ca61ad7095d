/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/* The address space of this process of a Linux host, and its processor. */
#ifndef PREVIRT_HOST_SPACE_H
#define PREVIRT_HOST_SPACE_H
#include <stdint.h>

/* The lowest address that the host lets this process have, 64 KiB at least; 0: there is
   none below 2 GiB. */
uint64_t host_lowest(void);

/*
 * Unmaps @start to @end (exclusive) and reserves the range without access rights. The host does
 * not free its page tables there, so that the next mapping need not allocate them, which is
 * most of the cost of a single page. Returns 0, or an error of the host, negated.
 */
long host_reserve(uint64_t start, uint64_t end);

/* Does the host let programs read the base of fs? @stack: as it starts one, the auxiliary
   vector behind arguments and environment. */
int host_has_fsgsbase(const uint64_t *stack);

/* This process, and those that it makes, run on one of the processors that it may run on: of
   processes with other numbers (@number of @all) on another one, if there are as many. One
   alone runs where it runs now. */
void host_pin(unsigned number, unsigned all);

#endif
