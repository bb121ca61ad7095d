/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * Receiving (3.2, 13.4.22). If there are no buffers for a frame, it waits here, and
 * the frames after it wait in the network. If a buffer is not memory, its bytes are
 * lost. If the ring is not memory, or its tail is outside the ring, it has no buffers.
 * LIMIT: the check sequence is not computed; if the guest asks for its bytes, they are
 * 0. Checksums are not checked, and the descriptor says so. VLAN tags stay in the
 * frame. Frames of more than BUS_FRAME_MOST bytes are dropped.
 */
#include "e1000.h"
#include <string.h>

#define FRAMES_MOST 256u	/* of one call */

#define RCTL_UNICAST (1u << 3)	/* every unicast frame */
#define RCTL_MULTICAST (1u << 4)
#define RCTL_THRESHOLD(rctl) ((rctl) >> 8 & 3)	/* low when 1/2, 1/4, 1/8 of the ring is left */
#define RCTL_HASH(rctl) ((rctl) >> 12 & 3)
#define RCTL_BROADCAST (1u << 15)
#define RCTL_SIZE(rctl) ((rctl) >> 16 & 3)
#define RCTL_SIZE_16 (1u << 25)	/* sizes are 16 times as large */
#define RCTL_NO_CHECK (1u << 26)

#define ADDRESS_VALID (1u << 31)

struct written {		/* the second half of a descriptor (3.2.3) */
	uint16_t length, checksum;
	uint8_t status, errors;
	uint16_t special;
};
_Static_assert(sizeof(struct written) == 8, "3.2.3");
enum { DONE = 1, END_OF_PACKET = 2, NO_CHECKSUM = 4 };

static int receive_is_known(const struct e1000 *e1000, const uint8_t *to)
{
	uint32_t low, high = 0;

	memcpy(&low, to, 4);
	memcpy(&high, to + 4, 2);
	for (unsigned i = 0; i < 2 * E1000_ADDRESSES; i += 2)
		if (e1000->address[i] == low && e1000->address[i + 1] & ADDRESS_VALID &&
		    (e1000->address[i + 1] & 0xffff) == high)
			return 1;
	return 0;
}

/* Returns 1 if the table has this group's bit (13.5.1). */
static int receive_is_group(const struct e1000 *e1000, const uint8_t *to)
{
	static const uint8_t shifts[] = { 4, 3, 2, 0 };
	unsigned bit = (to[4] | to[5] << 8) >> shifts[RCTL_HASH(E1000_REGISTER(e1000, RCTL))] & 0xfff;

	return e1000->multicast[bit / 32] >> bit % 32 & 1;
}

static int receive_is_wanted(const struct e1000 *e1000, const uint8_t *to)
{
	static const uint8_t all[BUS_MAC] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };
	uint32_t rctl = E1000_REGISTER(e1000, RCTL);

	if (!memcmp(to, all, BUS_MAC))
		return rctl & RCTL_BROADCAST;
	if (receive_is_known(e1000, to))
		return 1;
	return to[0] & 1 ? rctl & RCTL_MULTICAST || receive_is_group(e1000, to) :
	       !!(rctl & RCTL_UNICAST);
}

static unsigned receive_buffer_size(const struct e1000 *e1000)
{
	uint32_t rctl = E1000_REGISTER(e1000, RCTL);
	unsigned size = 2048 >> RCTL_SIZE(rctl);

	return rctl & RCTL_SIZE_16 ? 16 * size : size;
}

/* Returns how many buffers there are. */
static unsigned receive_buffers(const struct e1000 *e1000)
{
	unsigned size = E1000_REGISTER(e1000, RDLEN) / E1000_DESCRIPTOR;
	unsigned head = E1000_REGISTER(e1000, RDH), tail = E1000_REGISTER(e1000, RDT);

	if (head >= size || tail >= size ||
	    !bus_dma(e1000->function.bus, E1000_RING(e1000, RD), E1000_REGISTER(e1000, RDLEN)))
		return 0;
	return tail >= head ? tail - head : tail + size - head;
}

/* Puts @bytes at @from into the next buffer. */
static void receive_to_buffer(struct e1000 *e1000, const uint8_t *from, unsigned bytes, int last)
{
	const struct bus *bus = e1000->function.bus;
	uint64_t descriptor = E1000_RING(e1000, RD) + E1000_DESCRIPTOR * E1000_REGISTER(e1000, RDH), buffer;
	const struct written written = {
		.length = bytes, .status = DONE | (last ? END_OF_PACKET | NO_CHECKSUM : 0),
	};

	if (!bus_dma_read(bus, descriptor, &buffer, sizeof(buffer)))
		bus_dma_write(bus, buffer, from, bytes);
	bus_dma_write(bus, descriptor + sizeof(buffer), &written, sizeof(written));
	if (++E1000_REGISTER(e1000, RDH) == E1000_REGISTER(e1000, RDLEN) / E1000_DESCRIPTOR)
		E1000_REGISTER(e1000, RDH) = 0;
}

/* Receives the frame that waits. 0: there are too few buffers. */
static int receive_frame(struct e1000 *e1000)
{
	uint32_t rctl = E1000_REGISTER(e1000, RCTL);
	unsigned least = E1000_REGISTER(e1000, RDLEN) / E1000_DESCRIPTOR >> (1 + RCTL_THRESHOLD(rctl));
	unsigned part = receive_buffer_size(e1000), buffers = receive_buffers(e1000), bytes;

	if (e1000->waiting < E1000_FRAME_LEAST) {
		memset(e1000->frame + e1000->waiting, 0, E1000_FRAME_LEAST - e1000->waiting);
		e1000->waiting = E1000_FRAME_LEAST;
	}
	bytes = e1000->waiting + (rctl & RCTL_NO_CHECK ? 0 : E1000_CHECK);
	if (buffers < (bytes + part - 1) / part)
		return 0;
	memset(e1000->frame + e1000->waiting, 0, E1000_CHECK);
	for (unsigned at = 0; at < bytes; at += part)
		receive_to_buffer(e1000, e1000->frame + at, bytes - at < part ? bytes - at : part,
				  bytes - at <= part);
	e1000_count_frame(e1000, E1000_RECEIVED, e1000->frame, e1000->waiting);
	e1000->waiting = 0;
	e1000_interrupt(e1000, CAUSE_RECEIVED |
			(receive_buffers(e1000) <= least ? CAUSE_FEW_BUFFERS : 0));
	return 1;
}

/* Takes the network's next frame. 0: there is none. */
static int receive_next(struct e1000 *e1000)
{
	unsigned size;
	const uint8_t *frame = e1000->net->receive(e1000->net, &size);

	if (!frame)
		return 0;
	if (size <= BUS_FRAME_MOST) {
		memcpy(e1000->frame, frame, size);
		e1000->waiting = size;
	}
	return 1;
}

void e1000_receive(struct e1000 *e1000)
{
	for (unsigned i = 0; i < FRAMES_MOST; i++) {
		if (!e1000->waiting && !receive_next(e1000))
			return;
		if (!e1000->waiting)
			continue;
		if (!(E1000_REGISTER(e1000, RCTL) & RCTL_ENABLE) || !e1000_is_master(e1000) ||
		    !receive_is_wanted(e1000, e1000->frame))
			e1000->waiting = 0;
		else if (!receive_frame(e1000))
			return;
	}
}
