/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/* What pci.c, a device's registers, and device.c, its life, need of each other. */
#ifndef PREVIRT_VIRTIO_PCI_H
#define PREVIRT_VIRTIO_PCI_H
#include "device.h"

enum {				/* device status, 2.1 */
	VIRTIO_ACKNOWLEDGE = 1, VIRTIO_DRIVER = 2, VIRTIO_DRIVER_OK = 4,
	VIRTIO_FEATURES_OK = 8, VIRTIO_NEEDS_RESET = 0x40, VIRTIO_FAILED = 0x80
};
enum { VIRTIO_ISR_QUEUE = 1, VIRTIO_ISR_CONFIG = 2 };
#define VIRTIO_NO_VECTOR 0xffffu
#define VIRTIO_INDIRECT (1ull << 28)
#define VIRTIO_EVENT_INDEX (1ull << 29)
#define VIRTIO_VERSION_1 (1ull << 32)

void virtio_write_status(struct virtio *virtio, uint8_t value);
/* The guest has enabled @queue, so its rings are in memory. */
void virtio_enable(struct virtio *virtio, struct virtio_queue *queue);
void virtio_notify(struct virtio *virtio, unsigned queue);
/* Returns the ISR register and clears it. */
uint8_t virtio_read_isr(struct virtio *virtio);

#endif
