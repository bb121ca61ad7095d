/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * A network interface. The device exists if the bus has a network (bus/net.h): OASIS
 * Virtual I/O Device 1.2, 5.1. If there is no buffer for a frame, the frame and those after
 * it wait in the network. Where the network takes longer frames than BUS_MTU, so does the
 * device, and puts one into several buffers. LIMIT: one pair of queues. No offloads, no
 * control queue: the guest gets every frame and filters by itself.
 */
#include "../bus/device.h"
#include "../virtio/device.h"
#include <stddef.h>
#include <string.h>

#define NET_CLASS 0x020000u	/* Ethernet */
#define HEADER 12u		/* bytes before each frame (5.1.6) */
#define FRAMES_MOST 256u	/* of one call */

enum { F_MTU = 1 << 3, F_MAC = 1 << 5, F_MERGED = 1 << 15, F_STATUS = 1 << 16 };
enum { QUEUE_RECEIVE, QUEUE_SEND, QUEUES };

struct config {			/* 5.1.4 */
	uint8_t mac[BUS_MAC];
	uint16_t status, pairs;
	uint16_t mtu;
};
#define STATUS_UP 1u
#define CONFIG_WITHOUT_MTU offsetof(struct config, pairs)

struct header {
	uint8_t flags, gso_type;
	uint16_t header_bytes, gso_bytes, checksum_start, checksum_offset, buffers;
};
_Static_assert(sizeof(struct header) == HEADER, "5.1.6");

struct virtio_net {
	struct virtio virtio;
	struct config config;		/* its MTU, as the guest was told it, is state */
	/* Derived. The frame that waits may be lost. */
	struct bus_net *net;
	struct virtio_chain chain;
	struct bus_segment segment[VIRTIO_SEGMENTS];
	const uint8_t *frame;		/* that waits, or NULL */
	unsigned size;			/* of it */
	struct virtio_used used[VIRTIO_QUEUE_MOST];	/* the buffers that it fills */
};

static int net_has(const struct virtio_net *net, uint64_t feature)
{
	return !!(net->virtio.driver_features & feature);
}

static unsigned net_frame_most(const struct virtio_net *net)
{
	return BUS_FRAME_LEAST + (net_has(net, F_MTU) ? net->config.mtu : BUS_MTU);
}

/* Without merged buffers each one must hold the longest frame, and else its header. */
static int net_is_buffer(const struct virtio_net *net, int first)
{
	uint64_t least = !net_has(net, F_MERGED) ? HEADER + net_frame_most(net) : first ? HEADER : 1;

	return !net->chain.reads && virtio_bytes(net->chain.segment, net->chain.writes) >= least;
}

/* Copies @size bytes into the buffer, @skip bytes behind its start. Returns how many it took. */
static unsigned net_fill(const struct virtio_chain *chain, uint64_t skip, const uint8_t *from,
			 unsigned size)
{
	unsigned left = size;

	for (unsigned i = 0; left && i < chain->writes; i++) {
		const struct bus_segment *segment = &chain->segment[i];
		uint64_t before = skip < segment->size ? skip : segment->size;
		uint64_t room = segment->size - before, part = room < left ? room : left;

		memcpy(segment->at + before, from, part);
		skip -= before;
		from += part;
		left -= part;
	}
	return size - left;
}

/* Takes buffers and fills them with the frame. Returns their number; 0: there are too few. The
   first one's segments are then at @segment, for the header. */
static unsigned net_fill_buffers(struct virtio_net *net, struct virtio_chain *header,
				 struct bus_segment *segment)
{
	unsigned done = 0, size = net->virtio.queue[QUEUE_RECEIVE].size, n = 0, part;

	while (done < net->size) {
		unsigned skip = n ? 0 : HEADER;

		if (n == size || !virtio_take(&net->virtio, QUEUE_RECEIVE, &net->chain))
			break;
		if (!net_is_buffer(net, !n)) {
			virtio_break(&net->virtio);
			return 0;
		}
		if (!n) {
			memcpy(segment, net->segment, sizeof(net->segment));
			*header = net->chain;
			header->segment = segment;
		}
		part = net_fill(&net->chain, skip, net->frame + done, net->size - done);
		net->used[n++] = (struct virtio_used){ net->chain.head, skip + part };
		done += part;
	}
	if (done == net->size)
		return n;
	if (n && n == size)		/* the ring can never hold it */
		virtio_break(&net->virtio);
	else
		virtio_queue_untake(&net->virtio.queue[QUEUE_RECEIVE], n);
	return 0;
}

/* Returns 1 if the frame that waits is gone. */
static int net_put_frame(struct virtio_net *net)
{
	struct bus_segment segment[VIRTIO_SEGMENTS];
	struct virtio_chain first;
	struct header header = { 0 };

	if (net->size > net_frame_most(net))
		return 1;
	header.buffers = net_fill_buffers(net, &first, segment);
	if (!header.buffers)
		return 0;
	net_fill(&first, 0, (const uint8_t *)&header, HEADER);
	virtio_give_all(&net->virtio, QUEUE_RECEIVE, net->used, header.buffers);
	return 1;
}

static void net_receive(struct virtio_net *net)
{
	for (unsigned i = 0; i < FRAMES_MOST; i++) {
		if (!net->frame)
			net->frame = net->net->receive(net->net, &net->size);
		if (!net->frame)
			return;
		if (virtio_runs(&net->virtio) && !net_put_frame(net))
			return;
		net->frame = NULL;
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
	if (bytes >= BUS_FRAME_LEAST && bytes <= net_frame_most(net))
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
	net->config.mtu = net->net->mtu;
	net->chain = (struct virtio_chain){ .room = VIRTIO_SEGMENTS, .segment = net->segment };
	net->virtio.features = F_MAC | F_STATUS;
	net->virtio.config = &net->config;
	net->virtio.config_size = CONFIG_WITHOUT_MTU;
	if (net->config.mtu > BUS_MTU) {
		net->virtio.features |= F_MTU | F_MERGED;
		net->virtio.config_size = sizeof(net->config);
	}
	return virtio_attach(&net->virtio, bus, place->at, &net_kind, net) ||
	       bus_add_poll(bus, net_poll, net);
}

static void net_reset(void *self)
{
	struct virtio_net *net = self;

	if (net->net)
		virtio_reset(&net->virtio);
}

/* The guest knows the MTU that it was told, and this network must take that. */
static int net_loaded(void *self)
{
	struct virtio_net *net = self;

	if (!net->net)
		return net->virtio.status || net->virtio.function.irq.level;
	if (net_has(net, F_MTU) && (net->config.mtu < BUS_MTU || net->config.mtu > net->net->mtu))
		return -1;
	if (!net_has(net, F_MTU))
		net->config.mtu = net->net->mtu;
	return virtio_loaded(&net->virtio);
}

static const struct state_field net_state[] = {
	VIRTIO_STATE(struct virtio_net, virtio), STATE(struct virtio_net, config.mtu)
};

const struct device device_virtio_net = {
	"virtnet", sizeof(struct virtio_net), 1, net_attach, net_reset, net_loaded,
	net_state, sizeof(net_state) / sizeof(net_state[0])
};
