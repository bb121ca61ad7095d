/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * The transmit ring (3.3). A packet is sent when its last descriptor is in the ring.
 * Descriptors are read once, into a copy. If the ring is not memory, or its tail is
 * outside the ring, nothing is sent. A packet with more than E1000_SEGMENTS segments,
 * or with a segment that is not memory, is dropped.
 */
#include "e1000.h"
#include <string.h>

struct descriptor {
	uint64_t address;
	uint32_t command, options;
};
_Static_assert(sizeof(struct descriptor) == E1000_DESCRIPTOR, "3.3.3");

enum { END_OF_PACKET = 1u << 24, SEGMENTED = 1u << 26, REPORT = 1u << 27, EXTENDED = 1u << 29 };
#define LATE (1u << 31)
#define LENGTH_LEGACY 0xffffu
#define LENGTH_EXTENDED 0xfffffu
#define TYPE(command) ((command) >> 20 & 15)
enum { TYPE_CONTEXT, TYPE_DATA };
#define STATUS 12u		/* bytes from the descriptor's first on */
#define DONE 1u

#define DELAY_UNIT 1024u	/* ns (13.4.44) */

static unsigned send_ring_size(const struct e1000 *e1000)
{
	return E1000_REGISTER(e1000, TDLEN) / E1000_DESCRIPTOR;
}

static unsigned send_next(const struct e1000 *e1000, unsigned n)
{
	return n + 1 < send_ring_size(e1000) ? n + 1 : 0;
}

static uint64_t send_place(const struct e1000 *e1000, unsigned n)
{
	return E1000_RING(e1000, TD) + (uint64_t)n * E1000_DESCRIPTOR;
}

static int send_is_context(const struct descriptor *d)
{
	return d->command & EXTENDED && TYPE(d->command) == TYPE_CONTEXT;
}

static void send_add(struct e1000 *e1000, const struct descriptor *d)
{
	struct e1000_packet *packet = &e1000->packet;
	uint32_t bytes = d->command & (d->command & EXTENDED ? LENGTH_EXTENDED : LENGTH_LEGACY);
	uint8_t *at;

	if (!packet->segments && !packet->bytes) {
		packet->command = d->command;
		packet->options = d->options;
	}
	if (!bytes)
		return;
	at = bus_dma(e1000->function.bus, d->address, bytes);
	packet->bytes += bytes;
	if (!at || packet->segments == E1000_SEGMENTS)
		packet->good = 0;
	else
		packet->segment[packet->segments++] = (struct bus_segment){ at, bytes };
}

/* Reads one whole packet, or one context, from the ring's head on. 0: there is none. */
static int send_gather(struct e1000 *e1000)
{
	struct e1000_packet *packet = &e1000->packet;
	struct descriptor d;

	packet->descriptors = packet->segments = packet->at = packet->bytes = 0;
	packet->good = 1;
	for (unsigned n = E1000_REGISTER(e1000, TDH);; n = send_next(e1000, n)) {
		if (n == E1000_REGISTER(e1000, TDT) ||
		    bus_dma_read(e1000->function.bus, send_place(e1000, n), &d, sizeof(d)))
			return 0;
		packet->descriptors++;
		if (send_is_context(&d)) {
			memcpy(e1000->context[!!(d.command & SEGMENTED)], &d, sizeof(d));
			if (packet->descriptors == 1) {
				packet->good = 0;
				return 1;
			}
			continue;
		}
		send_add(e1000, &d);
		if (d.command & END_OF_PACKET)
			return 1;
	}
}

/* Gives the packet's descriptors back to the guest. Returns the causes of interrupts. */
static uint32_t send_give_back(struct e1000 *e1000)
{
	const struct bus *bus = e1000->function.bus;
	uint32_t causes = 0;

	for (unsigned i = 0; i < e1000->packet.descriptors; i++) {
		uint64_t place = send_place(e1000, E1000_REGISTER(e1000, TDH));
		struct descriptor d;
		uint8_t status;

		E1000_REGISTER(e1000, TDH) = send_next(e1000, E1000_REGISTER(e1000, TDH));
		if (bus_dma_read(bus, place, &d, sizeof(d)) || !(d.command & REPORT))
			continue;
		status = d.options | DONE;
		bus_dma_write(bus, place + STATUS, &status, 1);
		if (!(d.command & LATE) || !E1000_REGISTER(e1000, TIDV))
			causes |= CAUSE_SENT;
		else
			e1000->late = 1;
	}
	return causes;
}

/* Starts the delay after which a delayed interrupt is requested: the absolute one (3.4.3). */
static void send_tell_later(struct e1000 *e1000)
{
	uint32_t delay = E1000_REGISTER(e1000, TADV) ? E1000_REGISTER(e1000, TADV) : E1000_REGISTER(e1000, TIDV);

	if (e1000->late && e1000->timer.when == BUS_NEVER)
		bus_set_timer(&e1000->timer, backend_time() + delay * DELAY_UNIT);
}

void e1000_send(struct e1000 *e1000)
{
	uint32_t causes = 0;
	unsigned size = send_ring_size(e1000), sent = 0;

	if (!(E1000_REGISTER(e1000, TCTL) & TCTL_ENABLE) || !e1000_is_master(e1000) ||
	    E1000_REGISTER(e1000, TDH) >= size || E1000_REGISTER(e1000, TDT) >= size)
		return;
	for (; send_gather(e1000); sent++) {
		if (e1000->packet.good)
			e1000_send_packet(e1000);
		causes |= send_give_back(e1000);
	}
	if (!sent)
		return;
	if (E1000_REGISTER(e1000, TDH) == E1000_REGISTER(e1000, TDT))
		causes |= CAUSE_QUEUE_EMPTY;
	e1000_interrupt(e1000, causes);
	send_tell_later(e1000);
}
