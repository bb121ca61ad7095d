/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/* The wedge's own words on the console. */
#ifndef PREVIRT_PRINT_H
#define PREVIRT_PRINT_H
#include <stdint.h>

/* %s %c %d %u %x %lu %lx %%, with a width and 0; nothing else. Each line the
   wedge prints begins with "previrt: ". */
void wedge_print(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* A counter that each processor has for itself: the sum; " WORD SUM", and with
   several processors "=FIRST+SECOND..." (counters.c). */
uint64_t wedge_counter_sum(const uint64_t *own);
void wedge_print_counter(const char *word, const uint64_t *own);
/* Of two counters together; @more: NULL, or the second one. */
void wedge_print_counters(const char *word, const uint64_t *own, const uint64_t *more);

#endif
