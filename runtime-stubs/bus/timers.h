/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * Timers, in virtual time (backend_time, ns). Each belongs to one virtual processor,
 * on which alone it runs. The back-end's timer of a processor is set to the
 * earliest of its timers.
 */
#ifndef PREVIRT_BUS_TIMERS_H
#define PREVIRT_BUS_TIMERS_H
#include "../iface/clock.h"
#include <stdint.h>

struct bus;

#define BUS_NEVER 0u
#define BUS_NOW 1u		/* at once: a time that has passed */

/* All of it is derived from the device's state. */
struct bus_timer {
	struct bus *bus;
	struct bus_timer *next;
	void *self;		/* handed to the function */
	/* The time has come, it is @now; gives when it comes next, or BUS_NEVER. */
	uint64_t (*run)(void *self, uint64_t now);
	uint64_t when;		/* ns, or BUS_NEVER, or BUS_NOW */
	unsigned vcpu;
};

/* @timer, its self and run filled in, is @vcpu's and never comes at first. */
void bus_add_timer(struct bus *bus, struct bus_timer *timer, unsigned vcpu);

/* The timer comes at @when. Not to be called by a timer's function. */
void bus_set_timer(struct bus_timer *timer, uint64_t when);

/* A function for each time bus_run looks at the world on the first processor, and
   before the end: input may have come, output may wait. -1: there are too many. */
int bus_add_poll(struct bus *bus, void (*poll)(void *self), void *self);
void bus_poll(struct bus *bus);

/* Runs this processor's timers that are due, polls, and sets the back-end's timer. */
void bus_run(struct bus *bus);

/* Has the first processor come to bus_run: there is something for it to do. */
void bus_tell_first(struct bus *bus);

/* The machine ends by a device; @how as for backend_shutdown. */
_Noreturn void bus_end(struct bus *bus, int how);

#endif
