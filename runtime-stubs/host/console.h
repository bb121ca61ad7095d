/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/* The console (iface/console.h) of a process of a Linux host: a socket. */
#ifndef PREVIRT_HOST_CONSOLE_H
#define PREVIRT_HOST_CONSOLE_H
#include <stdint.h>

#define HOST_CONSOLE 0		/* its file descriptor */

/* Input sends SIGIO to this process from now on. Returns 0, or an error of the host,
   negated. */
long host_console_init(void);

/* Returns the file to wait for input on. -1: it is closed, or it has input that nobody has
   read. */
int host_console_waits(void);
/* There is input. */
void host_console_tell(void);

/* Returns how many system calls were made for it. */
extern uint64_t host_console_calls;

#endif
