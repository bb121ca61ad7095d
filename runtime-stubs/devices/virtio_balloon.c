/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * The balloon. The device exists if the bus knows where free memory goes: OASIS
 * Virtual I/O Device 1.2, 5.5. The guest reports free pages by itself (5.5.6.7). The
 * device never asks for pages; the guest may still give pages by the first queue.
 * LIMIT: no target, no statistics, no hints of free pages, no page poisoning.
 */
#include "../bus/device.h"
#include "../virtio/device.h"

#define BALLOON_CLASS 0x00ff00u	/* class FFh: no defined class */
#define PFNS_MOST 256u		/* of one chain; Linux gives as many */

enum { F_REPORTING = 1 << 5 };
/* An absent queue takes no number (as QEMU and Linux count). */
enum { QUEUE_INFLATE, QUEUE_DEFLATE, QUEUE_REPORTING, QUEUES };

struct virtio_balloon {
	struct virtio virtio;
	/* Derived. */
	struct bus_balloon *to;
	struct { uint32_t pages, actual; } config;
	struct virtio_chain chain;
	struct bus_segment segment[VIRTIO_SEGMENTS];
};

/* Gives the whole pages of a segment back. */
static void balloon_give(struct virtio_balloon *balloon, uint8_t *at, uint64_t size)
{
	uint64_t before = -(uint64_t)at & (BUS_PAGE - 1);

	if (size < before + BUS_PAGE)
		return;
	balloon->to->give(balloon->to, at + before, (size - before) & -(uint64_t)BUS_PAGE);
}

/* Page numbers that are not memory are ignored. -1: the chain is not a list of page numbers. */
static int balloon_inflate(struct virtio_balloon *balloon)
{
	struct virtio_chain *chain = &balloon->chain;
	uint64_t bytes = virtio_bytes(chain->segment, chain->reads);
	uint32_t pfn[PFNS_MOST];

	if (chain->writes || bytes > sizeof(pfn) || virtio_chain_read(chain, pfn, bytes))
		return -1;
	for (unsigned i = 0; i < bytes / sizeof(*pfn); i++) {
		uint8_t *at = bus_dma(balloon->virtio.function.bus, (uint64_t)pfn[i] * BUS_PAGE, BUS_PAGE);

		if (at)
			balloon_give(balloon, at, BUS_PAGE);
	}
	return 0;
}

/* The free pages are the buffers that the device may write. */
static int balloon_report(struct virtio_balloon *balloon)
{
	const struct virtio_chain *chain = &balloon->chain;

	if (chain->reads)
		return -1;
	for (unsigned i = 0; i < chain->writes; i++)
		balloon_give(balloon, chain->segment[i].at, chain->segment[i].size);
	return 0;
}

/* A page that the guest takes back needs no action. */
static int balloon_carry_out(struct virtio_balloon *balloon, unsigned queue)
{
	switch (queue) {
	case QUEUE_INFLATE: return balloon_inflate(balloon);
	case QUEUE_REPORTING: return balloon_report(balloon);
	default: return 0;
	}
}

static void balloon_notify(void *self, unsigned queue)
{
	struct virtio_balloon *balloon = self;

	while (virtio_take(&balloon->virtio, queue, &balloon->chain)) {
		if (balloon_carry_out(balloon, queue))
			virtio_break(&balloon->virtio);
		else
			virtio_give(&balloon->virtio, queue, balloon->chain.head, 0);
	}
}

static int balloon_is_busy(const void *self)
{
	(void)self;
	return 0;
}

static const struct virtio_kind balloon_kind = { 5, BALLOON_CLASS, QUEUES, balloon_notify, balloon_is_busy };

static int balloon_attach(void *self, struct bus *bus, const struct device_place *place)
{
	struct virtio_balloon *balloon = self;

	balloon->to = bus->balloon;
	balloon->chain = (struct virtio_chain){ .room = VIRTIO_SEGMENTS, .segment = balloon->segment };
	balloon->virtio.features = F_REPORTING;
	balloon->virtio.config = &balloon->config;
	balloon->virtio.config_size = sizeof(balloon->config);
	return balloon->to ? virtio_attach(&balloon->virtio, bus, place->at, &balloon_kind, balloon) : 0;
}

static void balloon_reset(void *self)
{
	struct virtio_balloon *balloon = self;

	if (balloon->to)
		virtio_reset(&balloon->virtio);
}

static int balloon_loaded(void *self)
{
	struct virtio_balloon *balloon = self;

	if (balloon->to)
		return virtio_loaded(&balloon->virtio);
	return balloon->virtio.status || balloon->virtio.function.irq.level;
}

static const struct state_field balloon_state[] = { VIRTIO_STATE(struct virtio_balloon, virtio) };

const struct device device_virtio_balloon = {
	"virtball", sizeof(struct virtio_balloon), 1, balloon_attach, balloon_reset, balloon_loaded,
	balloon_state, sizeof(balloon_state) / sizeof(balloon_state[0])
};
