/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * Split virtqueues: OASIS Virtual I/O Device 1.2, 2.7. The guest's memory may hold
 * wrong numbers, and they may change at any time. So each number is read once and
 * checked before it is used.
 */
#ifndef PREVIRT_VIRTIO_QUEUE_H
#define PREVIRT_VIRTIO_QUEUE_H
#include "../bus/bus.h"

#define VIRTIO_QUEUE_MOST 128u		/* descriptors of a ring */
#define VIRTIO_SEGMENTS 36u		/* of a chain, for kinds that need no more */

struct virtio_queue {
	/* State. */
	uint64_t descriptors, available, used;	/* guest-physical addresses */
	uint16_t size;			/* a power of two, up to VIRTIO_QUEUE_MOST */
	uint16_t vector;
	uint16_t next_available, next_used;
	uint8_t enabled;
	/* Derived. */
	struct bus *bus;
	uint8_t event_index;		/* VIRTIO_F_EVENT_IDX: each side says at which index it
					   wants to be notified */
};

/* A chain of descriptors that was taken: readable segments, then writable ones. */
struct virtio_chain {
	uint16_t head;
	unsigned reads, writes;		/* segments of each kind */
	unsigned room;			/* how many fit at segment; the kind sets it */
	struct bus_segment *segment;
};

enum virtio_taken { VIRTIO_NOTHING, VIRTIO_TAKEN, VIRTIO_BROKEN };

/* The guest has enabled the queue. Returns 1 if the rings are in memory and aligned. */
int virtio_queue_good(const struct virtio_queue *queue);

/*
 * Takes the next available chain. VIRTIO_BROKEN: the rings or the chain violate the
 * specification, or the chain has more than chain->room segments. The device needs a
 * reset then.
 */
enum virtio_taken virtio_queue_take(struct virtio_queue *queue, struct virtio_chain *chain);
/* Reads the chain at @head again. Returns 0, or -1 if it is malformed. */
int virtio_queue_walk(const struct virtio_queue *queue, uint16_t head,
		      struct virtio_chain *chain);

/* The @chains chains that were taken last are available again. */
void virtio_queue_untake(struct virtio_queue *queue, unsigned chains);

/* A chain, by its head, and how many bytes the device has written of it. */
struct virtio_used { uint32_t head, written; };

/* Gives @chains chains back, up to the ring's size. The guest sees all of them at once. */
enum virtio_given {
	VIRTIO_GIVEN,			/* and the guest wants no interrupt */
	VIRTIO_GIVEN_INTERRUPT,		/* and the guest wants an interrupt */
	VIRTIO_GIVEN_NOWHERE		/* the ring is not in memory any more */
};
enum virtio_given virtio_queue_give(struct virtio_queue *queue, const struct virtio_used *used,
				    unsigned chains);

/* Reads the first @size readable bytes and removes them from the chain. -1: the chain has
   fewer. */
int virtio_chain_read(struct virtio_chain *chain, void *to, uint32_t size);
/* Removes the last writable byte from the chain and returns its address. NULL: there is
   none. */
uint8_t *virtio_chain_status(struct virtio_chain *chain);
/* Return the bytes of the remaining segments; the writable ones follow the readable ones. */
uint64_t virtio_bytes(const struct bus_segment *segment, unsigned count);

#define VIRTIO_QUEUE_STATE(type, path) \
	STATE(type, path.descriptors), STATE(type, path.available), STATE(type, path.used), \
	STATE(type, path.size), STATE(type, path.vector), STATE(type, path.next_available), \
	STATE(type, path.next_used), STATE(type, path.enabled)

#endif
