/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * A virtio device on the PCI bus, without what kind it is: OASIS Virtual I/O Device
 * 1.2, chapter 2 and 4.1. Of its kind a file in devices/ knows.
 *
 * Whatever the guest does wrong ends in DEVICE_NEEDS_RESET: the device does nothing
 * more until it is reset, and nothing else happens.
 * LIMIT: no legacy interface; no packed rings, no reset of one queue.
 */
#ifndef PREVIRT_VIRTIO_DEVICE_H
#define PREVIRT_VIRTIO_DEVICE_H
#include "queue.h"

#define VIRTIO_QUEUES 3u

struct virtio_kind {
	uint16_t type;			/* chapter 5 */
	uint32_t class;			/* of PCI */
	unsigned queues;
	/* There may be chains in @queue. Called while the device runs. */
	void (*notify)(void *self, unsigned queue);
	/* 1 while something of the guest's memory is still read or written. */
	int (*is_busy)(const void *self);
};

struct virtio {
	struct bus_function function;
	/* State. */
	uint64_t driver_features;
	uint32_t device_select, driver_select;
	uint16_t config_vector, queue_select;
	uint8_t status, isr;
	uint8_t resetting;		/* as soon as it is not busy */
	struct virtio_queue queue[VIRTIO_QUEUES];
	/* Derived. */
	const struct virtio_kind *kind;
	void *self;			/* handed to the kind's functions */
	uint64_t features;		/* that the kind offers, the bits below 24 */
	const void *config;		/* the kind's own, to be read by the guest */
	unsigned config_size;
	uint8_t generation;		/* of config */
	unsigned window;		/* the capability that leads to BARs */
};

/* @virtio, zeroed but for features, config and config_size, is in @slot. Non-zero: it
   cannot be. */
int virtio_attach(struct virtio *virtio, struct bus *bus, unsigned slot,
		  const struct virtio_kind *kind, void *self);
void virtio_reset(struct virtio *virtio);
/* The state has been read; notify is called for each queue, if it runs. -1: it
   cannot be. */
int virtio_loaded(struct virtio *virtio);
void virtio_start_again(struct virtio *virtio);

/* 1 if the device is to do what stands in the rings. */
int virtio_runs(const struct virtio *virtio);
/* The next chain of @queue. 0: there is none, or it was malformed. */
int virtio_take(struct virtio *virtio, unsigned queue, struct virtio_chain *chain);
/* It is done with, and the guest is told. Also while a reset waits. */
void virtio_give(struct virtio *virtio, unsigned queue, uint16_t head, uint32_t written);
/* The kind's configuration is another. */
void virtio_config_changed(struct virtio *virtio);
/* The guest has done something that it must not. */
void virtio_break(struct virtio *virtio);
/* The device may be no longer busy. */
void virtio_idle(struct virtio *virtio);

#define VIRTIO_STATE(type, path) \
	BUS_FUNCTION_STATE(type, path.function), STATE(type, path.driver_features), \
	STATE(type, path.device_select), STATE(type, path.driver_select), \
	STATE(type, path.config_vector), STATE(type, path.queue_select), \
	STATE(type, path.status), STATE(type, path.isr), STATE(type, path.resetting), \
	VIRTIO_QUEUE_STATE(type, path.queue[0]), VIRTIO_QUEUE_STATE(type, path.queue[1]), \
	VIRTIO_QUEUE_STATE(type, path.queue[2])

#endif
