/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/* The wedge's own words on the console. */
#ifndef PREVIRT_PRINT_H
#define PREVIRT_PRINT_H

/* %s %c %d %u %x %lu %lx %%, with a width and 0; nothing else. Each line the
   wedge prints begins with "previrt: ". */
void wedge_print(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
