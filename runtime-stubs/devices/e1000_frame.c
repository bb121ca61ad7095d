/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * A packet becomes frames: unchanged, with checksums, or cut into segments (3.3.6,
 * 3.4, 3.5). The packet is copied first, because the guest may change it at any time.
 * LIMIT: a frame that is to get a VLAN tag is dropped, and so is one longer than
 * BUS_FRAME_MOST. Segments of less than SEGMENT_LEAST bytes are not made.
 */
#include "e1000.h"
#include <string.h>

enum { LEGACY_CHECKSUM = 1u << 26, SEGMENTED = 1u << 26, EXTENDED = 1u << 29, TAGGED = 1u << 30 };
#define TCTL_PAD (1u << 3)
#define SEGMENT_LEAST 32u
#define SEGMENTED_MOST 0x10000u	/* bytes of a packet that is cut into segments */

/* Options of a data descriptor (3.3.7.2), in its second word. */
#define OPTION_IP 0x100u
#define OPTION_TRANSPORT 0x200u

struct context {		/* 3.3.6.1 */
	uint8_t ip_start, ip_sum;
	uint16_t ip_end;
	uint8_t start, sum;
	uint16_t end;
	uint32_t command;	/* payload length, type, command */
	uint8_t status, header;
	uint16_t segment;
};
_Static_assert(sizeof(struct context) == E1000_DESCRIPTOR, "3.3.6.1");
#define CONTEXT_TCP (1u << 24)
#define CONTEXT_IPV4 (1u << 25)

/* Offsets in headers. */
enum { IPV4_LENGTH = 2, IPV4_ID = 4, IPV6_LENGTH = 4, IPV6_HEADER = 40, TCP_SEQUENCE = 4,
       TCP_FLAGS = 13, UDP_LENGTH = 4 };
#define TCP_FIN_PUSH 9u
#define HEADER_IP 20u		/* at least */
#define HEADER_TCP 20u
#define HEADER_UDP 8u

/* Copies the next bytes of the packet, at most @most. Returns how many. */
static unsigned frame_take(struct e1000_packet *packet, uint8_t *to, unsigned most)
{
	unsigned taken = 0;

	while (taken < most && packet->at < packet->segments) {
		struct bus_segment *segment = &packet->segment[packet->at];
		unsigned part = segment->size < most - taken ? segment->size : most - taken;

		memcpy(to + taken, segment->at, part);
		segment->at += part;
		segment->size -= part;
		packet->at += !segment->size;
		taken += part;
	}
	packet->bytes -= taken;
	return taken;
}

static uint32_t frame_fold(uint64_t sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return sum;
}

/* Puts the Internet checksum (RFC 1071) of the bytes from @start to @end, or to the last one
   if @end is 0, at @at. The sum does not depend on the byte order. */
static void frame_checksum(uint8_t *frame, unsigned size, unsigned start, unsigned at, unsigned end)
{
	unsigned behind = end && end < size ? end + 1 : size;
	uint64_t sum = 0;
	uint16_t result;

	if (start >= behind || at + 2 > size)
		return;
	for (unsigned i = start; i < behind; i += 4) {
		uint32_t word = 0;

		memcpy(&word, frame + i, behind - i < 4 ? behind - i : 4);
		sum += word;
	}
	result = ~frame_fold(sum);
	if (!result)
		result = 0xffff;	/* 0 means "no checksum"; this is the same number */
	memcpy(frame + at, &result, 2);
}

/* Adds @more to a number in network byte order. */
static void frame_add(uint8_t *at, unsigned size, uint32_t more)
{
	while (size--) {
		more += at[size];
		at[size] = more;
		more >>= 8;
	}
}

static void frame_put(uint8_t *at, uint16_t value)
{
	at[0] = value >> 8;
	at[1] = value;
}

static void frame_add_checksums(uint8_t *frame, unsigned size, const struct context *c,
				uint32_t options)
{
	if (options & OPTION_IP)
		frame_checksum(frame, size, c->ip_start, c->ip_sum, c->ip_end);
	if (options & OPTION_TRANSPORT)
		frame_checksum(frame, size, c->start, c->sum, c->end);
}

static void frame_go(struct e1000 *e1000, unsigned size)
{
	struct bus_segment segment = { e1000->sending, size };

	if (E1000_REGISTER(e1000, TCTL) & TCTL_PAD && size < E1000_FRAME_LEAST) {
		memset(e1000->sending + size, 0, E1000_FRAME_LEAST - size);
		segment.size = E1000_FRAME_LEAST;
	}
	if (segment.size < BUS_FRAME_LEAST)
		return;
	e1000->net->send(e1000->net, &segment, 1);
	e1000_count_frame(e1000, E1000_SENT, e1000->sending, segment.size);
}

static void frame_send_whole(struct e1000 *e1000)
{
	struct e1000_packet *packet = &e1000->packet;
	uint8_t *frame = e1000->sending;
	unsigned size = frame_take(packet, frame, BUS_FRAME_MOST);
	struct context context;

	memcpy(&context, e1000->context[0], sizeof(context));
	if (packet->bytes)
		return;
	if (packet->command & EXTENDED)
		frame_add_checksums(frame, size, &context, packet->options);
	else if (packet->command & LEGACY_CHECKSUM)
		frame_checksum(frame, size, packet->options >> 8 & 0xff, packet->command >> 16 & 0xff, 0);
	frame_go(e1000, size);
}

/* Adapts the headers of segment @n, which has @size bytes with its headers. */
static void frame_set_headers(uint8_t *frame, unsigned size, const struct context *c, unsigned n,
			      int last)
{
	uint8_t *ip = frame + c->ip_start, *transport = frame + c->start;

	if (c->command & CONTEXT_IPV4) {
		frame_put(ip + IPV4_LENGTH, size - c->ip_start);
		frame_add(ip + IPV4_ID, 2, n);
	} else {
		frame_put(ip + IPV6_LENGTH, size - c->ip_start - IPV6_HEADER);
	}
	if (c->command & CONTEXT_TCP) {
		frame_add(transport + TCP_SEQUENCE, 4, n * c->segment);
		if (!last)
			transport[TCP_FLAGS] &= ~TCP_FIN_PUSH;
	} else {
		frame_put(transport + UDP_LENGTH, size - c->start);
	}
	/* The guest has put the pseudo header's sum there, without the length. */
	frame_put(frame + c->sum, frame_fold((frame[c->sum] << 8 | frame[c->sum + 1]) +
					     size - c->start));
}

static int frame_is_good_context(const struct context *c)
{
	unsigned transport = c->command & CONTEXT_TCP ? HEADER_TCP : HEADER_UDP;

	return c->header >= BUS_FRAME_LEAST && c->segment >= SEGMENT_LEAST &&
	       c->header + c->segment <= BUS_FRAME_MOST && c->ip_start + HEADER_IP <= c->header &&
	       c->start + transport <= c->header && c->sum + 2 <= c->header &&
	       c->ip_sum + 2 <= c->header;
}

static void frame_send_segments(struct e1000 *e1000)
{
	struct e1000_packet *packet = &e1000->packet;
	uint8_t header[UINT8_MAX], *frame = e1000->sending;
	struct context c;

	memcpy(&c, e1000->context[1], sizeof(c));
	if (!frame_is_good_context(&c) || packet->bytes > SEGMENTED_MOST + c.header)
		return;
	if (frame_take(packet, header, c.header) < c.header)
		return;
	e1000->count[COUNT_SEGMENTED / 4]++;
	for (unsigned n = 0; packet->bytes; n++) {
		unsigned size = c.header + frame_take(packet, frame + c.header, c.segment);

		memcpy(frame, header, c.header);
		frame_set_headers(frame, size, &c, n, !packet->bytes);
		frame_add_checksums(frame, size, &c, packet->options);
		frame_go(e1000, size);
	}
}

void e1000_send_packet(struct e1000 *e1000)
{
	uint32_t command = e1000->packet.command;

	if (command & TAGGED)
		return;
	if (command & EXTENDED && command & SEGMENTED)
		frame_send_segments(e1000);
	else
		frame_send_whole(e1000);
}
