/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/* A channel to a debugger, for a process of a Linux host: a socket. */
#ifndef PREVIRT_HOST_DEBUGGER_H
#define PREVIRT_HOST_DEBUGGER_H
#include <stddef.h>

/* @file is the socket. Its input sends SIGIO to this process from now on. */
void host_debugger_init(int file);
/* Returns the file to wait for input on, or -1. */
int host_debugger_waits(void);

void host_debugger_write(const char *bytes, size_t size);
/* Receives at most @size bytes and returns how many; @wait: at least one, unless it is
   closed. */
size_t host_debugger_read(char *to, size_t size, int wait);

#endif
