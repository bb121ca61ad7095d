/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * With several processors: when each TLB was flushed last. After a dirty bit was cleared,
 * a processor whose TLB still has the entry as dirty writes without setting the bit. So
 * a frame has the time at which its dirty bits were cleared (`since'), and a table the time
 * up to which every TLB had been flushed when the table was compared (`sure'). Only
 * if `since' is earlier than `sure', a clear bit means that the frame was not written to
 * since the comparison.
 *
 * The clock advances by one at the first flush after a dirty bit was cleared.
 */
#ifndef PREVIRT_MMU_SHADOW_FLUSHES_H
#define PREVIRT_MMU_SHADOW_FLUSHES_H
#include <stdint.h>
#include "../../iface/vcpu.h"

/* The flushes of a machine. Derived. */
struct flushes_vm {
	uint32_t of[BACKEND_VCPUS_MAX];		/* each processor's last flush; 0: it has not
						   started, or is away */
	uint32_t left[BACKEND_VCPUS_MAX];	/* its last flush before it went away */
	uint32_t clock;
	uint8_t watched;			/* a bit was cleared since the clock advanced */
};
extern struct flushes_vm flushes_vm;	/* wedge/vm.h */

/* A dirty bit is cleared. Returns the time. */
uint32_t flushes_watch(void);
/* Returns the latest time since which every processor's TLB has been flushed. */
uint32_t flushes_all(void);
/* The running processor's TLB was flushed; @all: every processor's. Returns 1 if the clock
   is at its end: the caller flushes all TLBs and calls flushes_restart. */
int flushes_note(int all);
/* Sets the clock to its beginning; to be called before any other function. */
void flushes_restart(void);
/* The running processor writes nothing until flushes_back, so its TLB does not count.
   flushes_back returns 1 if the TLB must be flushed before the guest goes on. */
void flushes_away(void);
int flushes_back(void);

#endif
