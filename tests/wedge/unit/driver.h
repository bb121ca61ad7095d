/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * A driver's part of a virtio device on the board of machine.h: configuration, the
 * registers, a ring. What it writes may as well be wrong.
 */
#ifndef PREVIRT_DRIVER_H
#define PREVIRT_DRIVER_H
#include "../../../runtime-stubs/iface/memory.h"
#include "machine.h"

enum {				/* offsets of the registers from BAR 0 on */
	DEVICE_SELECT = 0, DEVICE_FEATURES = 4, DRIVER_SELECT = 8, DRIVER_FEATURES = 12,
	CONFIG_VECTOR = 16, QUEUES = 18, STATUS = 20, QUEUE_SELECT = 22, QUEUE_SIZE = 24,
	QUEUE_VECTOR = 26, QUEUE_ENABLE = 28, QUEUE_NOTIFY = 30, DESCRIPTORS = 32, AVAILABLE = 40,
	USED = 48, ISR = 0x1000, CONFIG = 0x2000, NOTIFY = 0x3000
};
enum { ACKNOWLEDGE = 1, DRIVER = 2, DRIVER_OK = 4, FEATURES_OK = 8, NEEDS_RESET = 0x40 };

/* Where the driver has its rings and data in the guest's memory. */
enum { RING = 0x10000, RING_AVAILABLE = 0x11000, RING_USED = 0x12000, DATA = 0x20000,
       RING_SIZE = 16 };

struct ring_descriptor { uint64_t address; uint32_t length; uint16_t flags, next; };
enum { NEXT = 1, WRITE = 2, INDIRECT = 4 };

#define QUEUE_BYTES 0x4000u		/* the rings of a queue are so far behind those of the one before */

extern uint16_t driver_next;		/* the ring's index, as the driver knows it */

uint32_t config_get(unsigned slot, unsigned offset, unsigned size);
void config_set(unsigned slot, unsigned offset, unsigned size, uint32_t value);
/* Where BAR @number is. */
uint64_t bar(unsigned slot, unsigned number);
uint32_t reg(unsigned slot, unsigned offset, unsigned size);
void set_reg(unsigned slot, unsigned offset, unsigned size, uint32_t value);

/* The queue that describe and what follows it are about: 0, 1 or 2; 0 at the start. */
void driver_select(unsigned queue);
/* Brings the device up, with as many queues as it has, the @features below bit 32 that it is to have. */
void driver_start(unsigned slot, uint32_t features);
/* Writes descriptor @n; makes a chain available, and tells the device. */
void describe(unsigned n, uint64_t address, uint32_t length, unsigned flags, unsigned next);
void offer(unsigned slot, unsigned head);
/* How many chains came back, and the bytes written in the last one. */
unsigned returned(void);
uint32_t returned_bytes(void);

/* A request to a block device: a header at DATA, data behind it (if any), a status;
   gives the status, or -1 if none came. */
int block_request(unsigned slot, unsigned type, uint64_t sector, uint64_t data, uint32_t bytes,
		  int write);

#endif
