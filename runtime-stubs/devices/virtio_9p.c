/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * A shared folder. The device exists if the bus has one (bus/share.h). It is the 9P
 * transport, type 9 of OASIS Virtual I/O Device 1.2, chapter 5. Its configuration is
 * the tag (Linux: virtio_9p.h). A chain holds a message and room for its answer. One
 * message is in progress; others wait in the ring. LIMIT: the files that the guest has
 * open are not state. A guest that is resumed elsewhere must mount again.
 */
#include "../bus/device.h"
#include "../virtio/device.h"
#include <string.h>

#define SHARE_CLASS 0x018000u	/* a mass storage controller of the subclass "other" */
#define SEGMENTS VIRTIO_QUEUE_MOST	/* one for each page */
#define F_TAG 1u
#define ERROR 7u		/* Rlerror, of 9P2000.L */
#define NO_IO 5u		/* EIO */

struct header { uint32_t size; uint8_t type; uint16_t tag; } __attribute__((packed));
struct answer { struct header header; uint32_t error; } __attribute__((packed));

struct virtio_9p {
	struct virtio virtio;
	/* State: the first descriptor of the message in progress, plus one. */
	uint32_t under_way;
	/* Derived. */
	struct bus_share *share;
	struct { uint16_t size; char tag[BUS_SHARE_TAG]; } config;
	struct header header;		/* of the message in progress */
	struct virtio_chain chain;
	struct bus_segment segment[1 + SEGMENTS];	/* the header's, and the chain's */
};

static const struct bus_segment *share_room(const struct virtio_9p *share)
{
	return share->chain.segment + share->chain.reads;
}

static void share_end(struct virtio_9p *share, uint32_t written)
{
	share->under_way = 0;
	virtio_give(&share->virtio, 0, share->chain.head, written);
}

/* Answers with an error: the program that shares the folder has gone. */
static void share_end_alone(struct virtio_9p *share)
{
	const struct answer answer = { { sizeof(answer), ERROR, share->header.tag }, NO_IO };
	const struct bus_segment *segment = share_room(share);
	uint32_t done = 0;

	for (unsigned i = 0; i < share->chain.writes && done < sizeof(answer); i++) {
		uint32_t left = sizeof(answer) - done;
		uint32_t part = segment[i].size < left ? segment[i].size : left;

		memcpy(segment[i].at, (const uint8_t *)&answer + done, part);
		done += part;
	}
	share_end(share, done);
}

static void share_break(struct virtio_9p *share)
{
	share->under_way = 0;
	virtio_break(&share->virtio);
}

/* Sends the message with the copy of its header that was checked. */
static void share_start(struct virtio_9p *share)
{
	struct virtio_chain *chain = &share->chain;
	uint64_t bytes = virtio_bytes(chain->segment, chain->reads);

	if (bytes > BUS_SHARE_MESSAGE || virtio_chain_read(chain, &share->header, sizeof(share->header)) ||
	    share->header.size != bytes ||
	    virtio_bytes(share_room(share), chain->writes) < sizeof(struct answer)) {
		share_break(share);
		return;
	}
	share->segment[0] = (struct bus_segment){ (uint8_t *)&share->header, sizeof(share->header) };
	if (share->share->send(share->share, share->segment, 1 + chain->reads))
		share_end_alone(share);
}

static void share_notify(void *self, unsigned queue)
{
	struct virtio_9p *share = self;

	while (!share->under_way && virtio_take(&share->virtio, queue, &share->chain)) {
		share->under_way = share->chain.head + 1u;
		share_start(share);
	}
}

static void share_poll(void *self)
{
	struct virtio_9p *share = self;
	long size;

	if (!share->under_way)
		return;
	size = share->share->receive(share->share, share_room(share), share->chain.writes);
	if (!size)
		return;
	if (size < 0)
		share_end_alone(share);
	else if ((uint64_t)size > virtio_bytes(share_room(share), share->chain.writes))
		share_break(share);
	else
		share_end(share, size);
	virtio_idle(&share->virtio);
	if (virtio_runs(&share->virtio))
		share_notify(share, 0);
}

static int share_is_busy(const void *self)
{
	const struct virtio_9p *share = self;

	return share->under_way != 0;
}

static const struct virtio_kind share_kind = { 9, SHARE_CLASS, 1, share_notify, share_is_busy };

static int share_attach(void *self, struct bus *bus, const struct device_place *place)
{
	struct virtio_9p *share = self;
	unsigned size = 0;

	share->share = bus->share;
	if (!share->share)
		return 0;
	while (size < BUS_SHARE_TAG && share->share->tag[size])
		size++;
	share->config.size = size;
	memcpy(share->config.tag, share->share->tag, size);
	share->chain = (struct virtio_chain){ .room = SEGMENTS, .segment = share->segment + 1 };
	share->virtio.features = F_TAG;
	share->virtio.config = &share->config;
	share->virtio.config_size = sizeof(share->config.size) + size;
	return virtio_attach(&share->virtio, bus, place->at, &share_kind, share) ||
	       bus_add_poll(bus, share_poll, share);
}

static void share_reset(void *self)
{
	struct virtio_9p *share = self;

	if (share->share)
		virtio_reset(&share->virtio);
}

/* Sends the message that was in progress again. */
static int share_loaded(void *self)
{
	struct virtio_9p *share = self;

	if (!share->share)
		return share->virtio.status || share->virtio.function.irq.level || share->under_way;
	if (virtio_loaded(&share->virtio))
		return -1;
	if (!share->under_way)
		return 0;
	if (!share->virtio.queue[0].enabled ||
	    virtio_queue_walk(&share->virtio.queue[0], share->under_way - 1, &share->chain))
		return -1;
	share_start(share);
	return 0;
}

static const struct state_field share_state[] = {
	VIRTIO_STATE(struct virtio_9p, virtio), STATE(struct virtio_9p, under_way)
};

const struct device device_virtio_9p = {
	"virt9p", sizeof(struct virtio_9p), 1, share_attach, share_reset, share_loaded,
	share_state, sizeof(share_state) / sizeof(share_state[0])
};
