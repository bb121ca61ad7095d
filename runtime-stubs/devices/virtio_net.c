/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * A network interface. The device exists if the bus has a network (bus/net.h): OASIS
 * Virtual I/O Device 1.2, 5.1. If there is no buffer for a frame, it waits here, and
 * the frames after it wait in the network. LIMIT: one pair of queues. No offloads, no
 * merged buffers, no control queue: the guest gets every frame and filters by itself.
 */
#include "../bus/device.h"
#include "../virtio/device.h"
#include <string.h>

#define NET_CLASS 0x020000u	/* Ethernet */
#define HEADER 12u		/* bytes before each frame (5.1.6) */
#define FRAMES_MOST 256u	/* of one call */

enum { F_MAC = 1 << 5, F_STATUS = 1 << 16 };
enum { QUEUE_RECEIVE, QUEUE_SEND, QUEUES };

struct config {			/* 5.1.4 */
	uint8_t mac[BUS_MAC];
	uint16_t status;
};
#define STATUS_UP 1u

struct header {
	uint8_t flags, gso_type;
	uint16_t header_bytes, gso_bytes, checksum_start, checksum_offset, buffers;
};
_Static_assert(sizeof(struct header) == HEADER, "5.1.6");

struct virtio_net {
	struct virtio virtio;
	/* Derived. A frame in these buffers may be lost. */
	struct bus_net *net;
	struct config config;
	struct virtio_chain chain;
	struct bus_segment segment[VIRTIO_SEGMENTS];
	unsigned waiting;		/* bytes of the frame that waits, without its header */
	uint8_t frame[HEADER + BUS_FRAME_MOST];
};

/* A buffer must hold a whole frame with its header. */
static void net_put_frame(struct virtio_net *net)
{
	const struct virtio_chain *chain = &net->chain;
	const struct header header = { .buffers = 1 };
	const uint8_t *from = net->frame;
	uint32_t left = HEADER + net->waiting;

	if (chain->reads || virtio_bytes(chain->segment, chain->writes) < HEADER + BUS_FRAME_MOST) {
		virtio_break(&net->virtio);
		return;
	}
	memcpy(net->frame, &header, HEADER);
	for (const struct bus_segment *segment = chain->segment; left; segment++) {
		uint32_t part = segment->size < left ? segment->size : left;

		memcpy(segment->at, from, part);
		from += part;
		left -= part;
	}
	virtio_give(&net->virtio, QUEUE_RECEIVE, chain->head, HEADER + net->waiting);
	net->waiting = 0;
}

static void net_receive(struct virtio_net *net)
{
	for (unsigned i = 0; i < FRAMES_MOST; i++) {
		if (!net->waiting)
			net->waiting = net->net->receive(net->net, net->frame + HEADER);
		if (!net->waiting)
			return;
		if (!virtio_runs(&net->virtio))
			net->waiting = 0;
		else if (!virtio_take(&net->virtio, QUEUE_RECEIVE, &net->chain))
			return;
		else
			net_put_frame(net);
	}
}

/* A frame that is too short or too long is dropped. */
static void net_send(struct virtio_net *net)
{
	struct virtio_chain *chain = &net->chain;
	struct header header;
	uint64_t bytes;

	if (chain->writes || virtio_chain_read(chain, &header, HEADER) || header.flags ||
	    header.gso_type) {
		virtio_break(&net->virtio);
		return;
	}
	bytes = virtio_bytes(chain->segment, chain->reads);
	if (bytes >= BUS_FRAME_LEAST && bytes <= BUS_FRAME_MOST)
		net->net->send(net->net, chain->segment, chain->reads);
	virtio_give(&net->virtio, QUEUE_SEND, chain->head, 0);
}

static void net_look_at_link(struct virtio_net *net)
{
	uint16_t status = net->net->up ? STATUS_UP : 0;

	if (status == net->config.status)
		return;
	net->config.status = status;
	virtio_config_changed(&net->virtio);
}

static void net_notify(void *self, unsigned queue)
{
	struct virtio_net *net = self;

	if (queue == QUEUE_RECEIVE)
		net_receive(net);
	else
		while (virtio_take(&net->virtio, QUEUE_SEND, &net->chain))
			net_send(net);
	net_look_at_link(net);
}

static void net_poll(void *self)
{
	net_receive(self);
	net_look_at_link(self);
}

static int net_is_busy(const void *self)
{
	(void)self;
	return 0;
}

static const struct virtio_kind net_kind = { 1, NET_CLASS, QUEUES, net_notify, net_is_busy };

static int net_attach(void *self, struct bus *bus, const struct device_place *place)
{
	struct virtio_net *net = self;

	if (!bus->net || bus->net->model != BUS_NET_VIRTIO)
		return 0;
	net->net = bus->net;
	memcpy(net->config.mac, net->net->mac, BUS_MAC);
	net->config.status = STATUS_UP;
	net->chain = (struct virtio_chain){ .room = VIRTIO_SEGMENTS, .segment = net->segment };
	net->virtio.features = F_MAC | F_STATUS;
	net->virtio.config = &net->config;
	net->virtio.config_size = sizeof(net->config);
	return virtio_attach(&net->virtio, bus, place->at, &net_kind, net) ||
	       bus_add_poll(bus, net_poll, net);
}

static void net_reset(void *self)
{
	struct virtio_net *net = self;

	if (net->net)
		virtio_reset(&net->virtio);
}

static int net_loaded(void *self)
{
	struct virtio_net *net = self;

	if (net->net)
		return virtio_loaded(&net->virtio);
	return net->virtio.status || net->virtio.function.irq.level;
}

static const struct state_field net_state[] = { VIRTIO_STATE(struct virtio_net, virtio) };

const struct device device_virtio_net = {
	"virtnet", sizeof(struct virtio_net), 1, net_attach, net_reset, net_loaded,
	net_state, sizeof(net_state) / sizeof(net_state[0])
};
