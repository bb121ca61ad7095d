/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
#include "queue.h"
#include <string.h>

struct descriptor {
	uint64_t address;
	uint32_t length;
	uint16_t flags, next;
};
_Static_assert(sizeof(struct descriptor) == 16, "2.7.5");

#define NEXT 1u
#define WRITE 2u
#define INDIRECT 4u

/* Offsets in the available and the used ring: flags, index, elements. An event index follows
   the elements (2.7.7, 2.7.10). */
enum { FLAGS = 0, INDEX = 2, RING = 4 };
#define NO_INTERRUPT 1u
#define EVENT_BYTES 2u

static uint64_t queue_used_event(const struct virtio_queue *queue)
{
	return queue->available + RING + 2 * (uint64_t)queue->size;
}

static uint64_t queue_available_event(const struct virtio_queue *queue)
{
	return queue->used + RING + sizeof(struct virtio_used) * queue->size;
}

int virtio_queue_good(const struct virtio_queue *queue)
{
	const struct bus *bus = queue->bus;
	uint64_t size = queue->size, event = queue->event_index ? EVENT_BYTES : 0;

	return size && !(size & (size - 1)) && size <= VIRTIO_QUEUE_MOST &&
	       !(queue->descriptors & 15) && !(queue->available & 1) && !(queue->used & 3) &&
	       bus_dma(bus, queue->descriptors, size * sizeof(struct descriptor)) &&
	       bus_dma(bus, queue->available, RING + 2 * size + event) &&
	       bus_dma(bus, queue->used, RING + sizeof(struct virtio_used) * size + event);
}

/* A table of descriptors: the queue's own, or an indirect one. */
struct table {
	uint64_t at;
	uint32_t size;
	int indirect;
};

/* Adds a segment. Readable segments come before writable ones. */
static int queue_add(const struct virtio_queue *queue, struct virtio_chain *chain,
		     const struct descriptor *d)
{
	unsigned n = chain->reads + chain->writes;
	uint8_t *at = bus_dma(queue->bus, d->address, d->length);

	if (n == chain->room || !at || (chain->writes && !(d->flags & WRITE)))
		return -1;
	chain->segment[n] = (struct bus_segment){ at, d->length };
	chain->reads += !(d->flags & WRITE);
	chain->writes += !!(d->flags & WRITE);
	return 0;
}

/* Finds the table that an indirect descriptor refers to. -1: it is malformed. */
static int queue_indirect(const struct virtio_queue *queue, struct table *table,
			  const struct descriptor *d)
{
	uint32_t count = d->length / sizeof(*d);

	if (table->indirect || d->flags & NEXT || d->length % sizeof(*d) ||
	    !bus_dma(queue->bus, d->address, d->length))
		return -1;
	*table = (struct table){ d->address, count, 1 };
	return 0;
}

int virtio_queue_walk(const struct virtio_queue *queue, uint16_t head,
		      struct virtio_chain *chain)
{
	struct table table = { queue->descriptors, queue->size, 0 };
	uint16_t next = head;

	chain->head = head;
	chain->reads = chain->writes = 0;
	/* A loop of descriptors has more segments than a chain may have. */
	for (;;) {
		struct descriptor d;

		if (next >= table.size ||
		    bus_dma_read(queue->bus, table.at + next * sizeof(d), &d, sizeof(d)))
			return -1;
		if (d.flags & INDIRECT) {
			if (queue_indirect(queue, &table, &d))
				return -1;
			next = 0;
			continue;
		}
		if (queue_add(queue, chain, &d))
			return -1;
		if (!(d.flags & NEXT))
			return 0;
		next = d.next;
	}
}

/* Returns the available ring's index. If the ring is empty, it asks the guest to notify the
   next chain and reads the index once more, because a chain may have come in between. -1:
   the ring is not in memory any more. */
static int queue_index(const struct virtio_queue *queue, uint16_t *index)
{
	uint16_t next = queue->next_available;

	if (bus_dma_read(queue->bus, queue->available + INDEX, index, sizeof(*index)))
		return -1;
	if (*index != next || !queue->event_index)
		return 0;
	if (bus_dma_write(queue->bus, queue_available_event(queue), &next, sizeof(next)))
		return -1;
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	return bus_dma_read(queue->bus, queue->available + INDEX, index, sizeof(*index));
}

enum virtio_taken virtio_queue_take(struct virtio_queue *queue, struct virtio_chain *chain)
{
	unsigned slot = queue->next_available & (queue->size - 1u);
	uint16_t index, head;

	if (queue_index(queue, &index))
		return VIRTIO_BROKEN;
	if (index == queue->next_available)
		return VIRTIO_NOTHING;
	if ((uint16_t)(index - queue->next_available) > queue->size ||
	    bus_dma_read(queue->bus, queue->available + RING + 2 * slot, &head, sizeof(head)) ||
	    virtio_queue_walk(queue, head, chain))
		return VIRTIO_BROKEN;
	queue->next_available++;
	return VIRTIO_TAKEN;
}

void virtio_queue_untake(struct virtio_queue *queue, unsigned chains)
{
	queue->next_available -= chains;
}

/* Says whether the guest wants an interrupt for the @chains elements that were just given. */
static enum virtio_given queue_given(const struct virtio_queue *queue, uint16_t chains)
{
	uint16_t event, flags;
	int wants;

	if (queue->event_index) {
		if (bus_dma_read(queue->bus, queue_used_event(queue), &event, sizeof(event)))
			return VIRTIO_GIVEN_NOWHERE;
		wants = (uint16_t)(queue->next_used - event - 1) < chains;
	} else {
		if (bus_dma_read(queue->bus, queue->available + FLAGS, &flags, sizeof(flags)))
			return VIRTIO_GIVEN_NOWHERE;
		wants = !(flags & NO_INTERRUPT);
	}
	return wants ? VIRTIO_GIVEN_INTERRUPT : VIRTIO_GIVEN;
}

enum virtio_given virtio_queue_give(struct virtio_queue *queue, const struct virtio_used *used,
				    unsigned chains)
{
	uint16_t index = queue->next_used + chains;

	for (unsigned i = 0; i < chains; i++) {
		unsigned slot = (queue->next_used + i) & (queue->size - 1u);

		if (bus_dma_write(queue->bus, queue->used + RING + slot * sizeof(*used), &used[i],
				  sizeof(*used)))
			return VIRTIO_GIVEN_NOWHERE;
	}
	if (bus_dma_write(queue->bus, queue->used + INDEX, &index, sizeof(index)))
		return VIRTIO_GIVEN_NOWHERE;
	queue->next_used = index;
	/* The guest writes flags or event and then reads the index; this side writes the
	   index and then reads those. */
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	return queue_given(queue, chains);
}

int virtio_chain_read(struct virtio_chain *chain, void *to, uint32_t size)
{
	struct bus_segment *segment = chain->segment;

	if (virtio_bytes(segment, chain->reads) < size)
		return -1;
	for (uint8_t *p = to; size; segment++) {
		uint32_t part = segment->size < size ? segment->size : size;

		memcpy(p, segment->at, part);
		segment->at += part;
		segment->size -= part;
		p += part;
		size -= part;
	}
	return 0;
}

uint8_t *virtio_chain_status(struct virtio_chain *chain)
{
	struct bus_segment *last = &chain->segment[chain->reads + chain->writes - 1];

	if (!chain->writes)
		return NULL;
	return last->at + --last->size;
}

uint64_t virtio_bytes(const struct bus_segment *segment, unsigned count)
{
	uint64_t bytes = 0;

	for (unsigned i = 0; i < count; i++)
		bytes += segment[i].size;
	return bytes;
}
