/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/* The console (iface/console.h) of a process of a Linux host: a socket. */
#ifndef PREVIRT_HOST_CONSOLE_H
#define PREVIRT_HOST_CONSOLE_H
#include <stdint.h>

#define HOST_CONSOLE 0		/* its number among open files */

/* Its input sends this process SIGIO from now on. 0, or an error of the host, negated. */
long host_console_init(void);

/* The file whose input is to be waited for: -1: there is none, or some that nobody has read. */
int host_console_waits(void);
/* There is some. */
void host_console_tell(void);

/* How often the host was called for it. */
extern uint64_t host_console_calls;

#endif
