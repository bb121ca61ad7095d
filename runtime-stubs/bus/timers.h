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
#define BUS_NOW 1u		/* a time that has passed: at once */

/* Derived, but a device may save @when as its state. */
struct bus_timer {
	struct bus *bus;
	struct bus_timer *next;
	void *self;		/* handed to the function */
	/* Called when the time has come, which is @now. Returns the next time, or BUS_NEVER. */
	uint64_t (*run)(void *self, uint64_t now);
	uint64_t when;		/* ns, or BUS_NEVER, or BUS_NOW */
	unsigned vcpu;
};

/* Adds @timer, with its self and run set, to processor @vcpu. It is stopped at first. */
void bus_add_timer(struct bus *bus, struct bus_timer *timer, unsigned vcpu);

/* Sets the time of @timer. A timer's own function must not call it. */
void bus_set_timer(struct bus_timer *timer, uint64_t when);

/* Adds a function that bus_run calls on the first processor, and that is called before the
   machine ends: input may have come, output may wait. -1: there are too many. */
int bus_add_poll(struct bus *bus, void (*poll)(void *self), void *self);
void bus_poll(struct bus *bus);

/* Runs the running processor's timers that are due, calls the polls, and sets the back-end's
   timer. */
void bus_run(struct bus *bus);

/* Makes the first processor call bus_run. */
void bus_tell_first(struct bus *bus);

/* A device ends the machine. @how: as for backend_shutdown. */
_Noreturn void bus_end(struct bus *bus, int how);

#endif
