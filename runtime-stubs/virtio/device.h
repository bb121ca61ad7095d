/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * The part of a virtio device on the PCI bus that all kinds share: OASIS Virtual I/O
 * Device 1.2, chapters 2 and 4.1. A file in devices/ has the rest of each kind.
 *
 * An error of the guest's driver leads to DEVICE_NEEDS_RESET and to nothing else: the
 * device does nothing more until it is reset. LIMIT: no legacy interface, no packed
 * rings, no reset of one queue.
 */
#ifndef PREVIRT_VIRTIO_DEVICE_H
#define PREVIRT_VIRTIO_DEVICE_H
#include "queue.h"

#define VIRTIO_QUEUES 3u

struct virtio_kind {
	uint16_t type;			/* chapter 5 */
	uint32_t class;			/* the PCI class code */
	unsigned queues;
	/* The guest has notified @queue. It is called only while the device runs. */
	void (*notify)(void *self, unsigned queue);
	/* Returns 1 while a request in progress accesses the guest's memory. */
	int (*is_busy)(const void *self);
};

struct virtio {
	struct bus_function function;
	/* State. */
	uint64_t driver_features;
	uint32_t device_select, driver_select;
	uint16_t config_vector, queue_select;
	uint8_t status, isr;
	uint8_t resetting;		/* the reset ends once the device is not busy */
	struct virtio_queue queue[VIRTIO_QUEUES];
	/* Derived. */
	const struct virtio_kind *kind;
	void *self;			/* the argument of the kind's functions */
	uint64_t features;		/* that the kind offers: bits below 24 */
	const void *config;		/* the kind's configuration, which the guest reads */
	unsigned config_size;
	uint8_t generation;		/* of config */
	unsigned window;		/* the capability for access to BARs */
};

/* Puts @virtio, zeroed but for features, config and config_size, into @slot. Returns non-
   zero if it cannot. */
int virtio_attach(struct virtio *virtio, struct bus *bus, unsigned slot,
		  const struct virtio_kind *kind, void *self);
void virtio_reset(struct virtio *virtio);
/* The state has been read. Calls notify for each queue if the device runs. -1: the state is
   invalid. */
int virtio_loaded(struct virtio *virtio);
void virtio_start_again(struct virtio *virtio);

/* Returns 1 if the device may process its rings. */
int virtio_runs(const struct virtio *virtio);
/* Takes the next chain of @queue. 0: there is none, or it is malformed. */
int virtio_take(struct virtio *virtio, unsigned queue, struct virtio_chain *chain);
/* Gives the chain back and requests an interrupt. It may be called while a reset waits. */
void virtio_give(struct virtio *virtio, unsigned queue, uint16_t head, uint32_t written);
/* The same for several chains, up to the ring's size, which the guest sees at once. */
void virtio_give_all(struct virtio *virtio, unsigned queue, const struct virtio_used *used,
		     unsigned chains);
/* The kind's configuration has changed. */
void virtio_config_changed(struct virtio *virtio);
/* The driver has violated the specification. */
void virtio_break(struct virtio *virtio);
/* A request has ended, so busy may return 0 from now on. */
void virtio_idle(struct virtio *virtio);

#define VIRTIO_STATE(type, path) \
	BUS_FUNCTION_STATE(type, path.function), STATE(type, path.driver_features), \
	STATE(type, path.device_select), STATE(type, path.driver_select), \
	STATE(type, path.config_vector), STATE(type, path.queue_select), \
	STATE(type, path.status), STATE(type, path.isr), STATE(type, path.resetting), \
	VIRTIO_QUEUE_STATE(type, path.queue[0]), VIRTIO_QUEUE_STATE(type, path.queue[1]), \
	VIRTIO_QUEUE_STATE(type, path.queue[2])

#endif
