/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/* Clock: virtual time and one timer for each processor. */
#ifndef PREVIRT_IFACE_CLOCK_H
#define PREVIRT_IFACE_CLOCK_H
#include <stdint.h>

/* Returns the time in ns. It never goes back, and all processors have the same. */
uint64_t backend_time(void);

/* Sets the running processor's timer to the time @when in ns; 0 stops it. When the time
   comes, the guest is interrupted for wedge_event, and backend_wait returns. A time in
   the past comes at once. */
void backend_timer_set(uint64_t when);

#endif
