/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * Split virtqueues: OASIS Virtual I/O Device 1.2, 2.7. All that stands in the rings is
 * the guest's word, which may be wrong or change at any time: each number is read
 * once and looked at before it is used.
 */
#ifndef PREVIRT_VIRTIO_QUEUE_H
#define PREVIRT_VIRTIO_QUEUE_H
#include "../bus/bus.h"

#define VIRTIO_QUEUE_MOST 128u		/* descriptors of a ring */
#define VIRTIO_SEGMENTS 36u		/* of a chain, where a kind needs no more */

struct virtio_queue {
	/* State. */
	uint64_t descriptors, available, used;	/* guest-physical addresses */
	uint16_t size;			/* a power of two, up to VIRTIO_QUEUE_MOST */
	uint16_t vector;
	uint16_t next_available, next_used;
	uint8_t enabled;
	/* Derived. */
	struct bus *bus;
	uint8_t event_index;		/* VIRTIO_F_EVENT_IDX: each side tells the other when it wants to hear */
};

/* A chain of descriptors that was taken: what the device reads first, and what it
   writes. */
struct virtio_chain {
	uint16_t head;
	unsigned reads, writes;		/* segments of each kind */
	unsigned room;			/* for so many, at segment: the kind's */
	struct bus_segment *segment;
};

enum virtio_taken { VIRTIO_NOTHING, VIRTIO_TAKEN, VIRTIO_BROKEN };

/* The rings have been given: 1 if they are all memory and aligned. */
int virtio_queue_good(const struct virtio_queue *queue);

/*
 * The next chain that the guest has made available. VIRTIO_BROKEN: the rings or the
 * chain are not as the specification has them, or have more than chain->room segments; the
 * device needs a reset.
 */
enum virtio_taken virtio_queue_take(struct virtio_queue *queue, struct virtio_chain *chain);
/* The chain that begins at @head, once more: 0, or -1: it is none. */
int virtio_queue_walk(const struct virtio_queue *queue, uint16_t head,
		      struct virtio_chain *chain);

/* The device is done with the chain at @head and has written @written bytes of it. */
enum virtio_given {
	VIRTIO_GIVEN,			/* the guest wants no interrupt */
	VIRTIO_GIVEN_INTERRUPT,		/* the guest wants an interrupt */
	VIRTIO_GIVEN_NOWHERE		/* the ring is not in memory any more */
};
enum virtio_given virtio_queue_give(struct virtio_queue *queue, uint16_t head, uint32_t written);

/* The first @size bytes of what the device reads, which are gone from the chain
   then. -1: there are not so many. */
int virtio_chain_read(struct virtio_chain *chain, void *to, uint32_t size);
/* The last byte of what the device writes, taken off; NULL: there is none. */
uint8_t *virtio_chain_status(struct virtio_chain *chain);
/* Bytes of the segments that are left; the writable ones begin behind the others. */
uint64_t virtio_bytes(const struct bus_segment *segment, unsigned count);

#define VIRTIO_QUEUE_STATE(type, path) \
	STATE(type, path.descriptors), STATE(type, path.available), STATE(type, path.used), \
	STATE(type, path.size), STATE(type, path.vector), STATE(type, path.next_available), \
	STATE(type, path.next_used), STATE(type, path.enabled)

#endif
