/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
#include "bus.h"
#include "../iface/end.h"
#include "../iface/events.h"

/*
 * The shortest time, in ns, between two runs of a timer. Without it, a timer whose
 * period is shorter than its handling would keep the guest from running. LIMIT: its
 * interrupts are at least this far apart.
 */
#define TIMER_SHORTEST 100000u

void bus_add_timer(struct bus *bus, struct bus_timer *timer, unsigned vcpu)
{
	timer->bus = bus;
	timer->when = BUS_NEVER;
	timer->vcpu = vcpu;
	timer->next = bus->timers[vcpu];
	bus->timers[vcpu] = timer;
}

void bus_set_timer(struct bus_timer *timer, uint64_t when)
{
	timer->when = when;
	if (timer->vcpu == backend_vcpu)
		bus_run(timer->bus);
	else if (!timer->vcpu)
		bus_tell_first(timer->bus);
	else
		backend_kick(timer->vcpu);
}

int bus_add_poll(struct bus *bus, void (*poll)(void *self), void *self)
{
	if (bus->polls == BUS_POLLS)
		return -1;
	bus->poll[bus->polls++] = (struct bus_poll){ poll, self };
	return 0;
}

void bus_poll(struct bus *bus)
{
	for (const struct bus_poll *poll = bus->poll; poll->poll; poll++)
		poll->poll(poll->self);
}

void bus_tell_first(struct bus *bus)
{
	if (!backend_vcpu || bus->told_first)
		return;
	bus->told_first = 1;
	backend_kick(0);
}

/* Returns the earliest time of a timer, or BUS_NEVER. */
static uint64_t timers_run(struct bus_timer *timer, uint64_t now)
{
	uint64_t first = BUS_NEVER;

	for (; timer; timer = timer->next) {
		if (!timer->when)
			continue;
		if (timer->when <= now)
			timer->when = timer->run(timer->self, now);
		/* BUS_NEVER, 0, less 1 wraps to the largest number: never sorts last. */
		if (timer->when - 1 < first - 1)
			first = timer->when;
	}
	return first;
}

void bus_run(struct bus *bus)
{
	uint64_t now = backend_time(), next;

	if (!backend_vcpu)
		bus->told_first = 0;
	next = timers_run(bus->timers[backend_vcpu], now);
	if (!backend_vcpu)
		bus_poll(bus);
	else if (bus->interrupt)
		bus_tell_first(bus);
	if (next && next < now + TIMER_SHORTEST)
		next = now + TIMER_SHORTEST;
	backend_timer_set(next);
}

void bus_end(struct bus *bus, int how)
{
	bus_poll(bus);
	backend_shutdown(how);
}
