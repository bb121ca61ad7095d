/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/* The clock of a Linux host, each processor's timer, and waiting. */
#ifndef PREVIRT_HOST_TIMER_H
#define PREVIRT_HOST_TIMER_H
#include <stdint.h>

/* Returns ns of the host's clock since the first processor's host_timer_init. It is never 0. */
uint64_t host_time(void);

/* Makes the running processor's timer, which sends @signal when it expires. Returns 0, or
   an error of the host, negated. */
long host_timer_init(int signal);
/* Sets the timer to expire at @when; 0 stops it. Returns 1 if that took a system call. */
int host_timer_set(uint64_t when);
/* A signal of the timer has come. If its time has passed by host_time, the timer counts as
   stopped, so host_timer_set can set it to the same time again. */
void host_timer_over(void);

/*
 * Suspends the running processor until a signal comes, its timer expires, or a file
 * that is waited for has input (console.h, files.h; the first processor only). The
 * signal's handler sets *@pending, and so does this function. It returns at once if
 * *@pending is set. Returns 1 if the console has input (host_console_tell).
 */
int host_wait(volatile uint8_t *pending);

#endif
