/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * What stores the contents of a disk: a file, memory, another domain. It is added
 * before the board starts. A device of the board shows it to the guest.
 */
#ifndef PREVIRT_BUS_DISK_H
#define PREVIRT_BUS_DISK_H
#include "dma.h"

#define BUS_SECTOR 512u		/* bytes */
#define BUS_DISK_ID 20u

enum bus_disk_operation {
	BUS_DISK_READ, BUS_DISK_WRITE,
	BUS_DISK_FLUSH,		/* makes all earlier writes durable */
	BUS_DISK_DISCARD,	/* the sectors may read as anything afterwards */
	BUS_DISK_ZERO		/* the sectors read as zeroes afterwards */
};

struct bus_disk_request {
	enum bus_disk_operation operation;
	uint64_t sector, sectors;	/* all within the disk; 0 sectors: flush */
	/* For reads and writes: sectors * BUS_SECTOR bytes in all, in segments of any size. */
	struct bus_segment *segment;
	unsigned segments;
	/* Called once for each request, when it ends. @failed is non-zero after an error;
	   any part of the data may have been written then. */
	void (*done)(struct bus_disk_request *request, int failed);
};

enum bus_disk_model { BUS_DISK_VIRTIO, BUS_DISK_ATA, BUS_DISK_AHCI };

struct bus_disk {
	uint64_t sectors;
	uint8_t read_only;		/* no request changes it */
	uint8_t model;			/* the device that shows it: enum bus_disk_model */
	char id[BUS_DISK_ID];		/* identifies the disk to the guest; padded with zeroes */
	/* Starts @request. The request and what it points to belong to the disk until it
	   calls done: before submit returns, or later on the first processor (bus_add_poll).
	   Any number of requests may be in progress. They may end in any order. */
	void (*submit)(struct bus_disk *disk, struct bus_disk_request *request);
};

struct bus;

/* Adds @disk after those that were added before. Returns -1 if there are too many. */
int bus_add_disk(struct bus *bus, struct bus_disk *disk);

#endif
