/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/* A channel to a debugger, for a process of a Linux host: a socket. */
#ifndef PREVIRT_HOST_DEBUGGER_H
#define PREVIRT_HOST_DEBUGGER_H
#include <stddef.h>

/* @file is the socket, whose input sends this process SIGIO from now on. */
void host_debugger_init(int file);
/* The file whose input is to be waited for, or -1. */
int host_debugger_waits(void);

void host_debugger_write(const char *bytes, size_t size);
/* At most @size bytes, how many; @wait: at least one, or it is closed. */
size_t host_debugger_read(char *to, size_t size, int wait);

#endif
