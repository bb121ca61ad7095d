/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * Console: the machine's one serial line. The serial port's model is its user; the
 * wedge's own messages go there as well.
 */
#ifndef PREVIRT_IFACE_CONSOLE_H
#define PREVIRT_IFACE_CONSOLE_H
#include <stddef.h>

/* Writes all @length bytes of @text as they are, without a conversion of line ends.
   Works from the back-end's first instruction in C on. */
void backend_console_write(const char *text, size_t length);

/* Reads at most @size bytes that have come into @text, and returns their number.
   Does not wait: 0 if there are none. */
size_t backend_console_read(char *text, size_t size);

#endif
