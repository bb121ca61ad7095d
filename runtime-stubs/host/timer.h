/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/* The clock of a Linux host, each processor's timer, and waiting. */
#ifndef PREVIRT_HOST_TIMER_H
#define PREVIRT_HOST_TIMER_H
#include <stdint.h>

/* ns of the host's clock since host_timer_init of the first processor; never 0. */
uint64_t host_time(void);

/* The running processor's timer: @signal comes when its time is over. 0, or an error of the
   host, negated. */
long host_timer_init(int signal);
/* It is set to the time @when; 0: it is not. 1: the host was asked. */
int host_timer_set(uint64_t when);
/* By this clock a signal may have come too early: the timer can be set again. */
void host_timer_over(void);

/*
 * Gives the running processor away until a signal comes, its timer is over, or there is
 * something to be read from a file that is waited for (console.h, files.h), which is the
 * first processor's. The signal's handler sets *@pending, and so does this. Returns at once
 * if it is set. 1: the console has input (host_console_tell).
 */
int host_wait(volatile uint8_t *pending);

#endif
