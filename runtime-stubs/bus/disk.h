/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * What stores the contents of a disk: a file, memory, another domain. It is added before the
 * board starts, and a device of the board shows it to the guest.
 */
#ifndef PREVIRT_BUS_DISK_H
#define PREVIRT_BUS_DISK_H
#include "dma.h"

#define BUS_SECTOR 512u		/* bytes */
#define BUS_DISK_ID 20u

enum bus_disk_operation {
	BUS_DISK_READ, BUS_DISK_WRITE,
	BUS_DISK_FLUSH,		/* what was written before is stored for good */
	BUS_DISK_DISCARD,	/* the sectors may read as anything from now on */
	BUS_DISK_ZERO		/* the sectors read as zeroes from now on */
};

struct bus_disk_request {
	enum bus_disk_operation operation;
	uint64_t sector, sectors;	/* all on the disk; no sectors: flush */
	/* For reads and writes: sectors * BUS_SECTOR bytes in all, in segments of any size. */
	struct bus_segment *segment;
	unsigned segments;
	/* Called once for each request, when it is over. @failed not 0: it has failed, and any
	   part of it may have been written. */
	void (*done)(struct bus_disk_request *request, int failed);
};

enum bus_disk_model { BUS_DISK_VIRTIO, BUS_DISK_ATA, BUS_DISK_AHCI };

struct bus_disk {
	uint64_t sectors;
	uint8_t read_only;		/* no request changes it */
	uint8_t model;			/* as what the guest sees it: enum bus_disk_model */
	char id[BUS_DISK_ID];		/* by which the guest tells it from others; with zeroes */
	/* Starts @request. The request and what it points to belong to the disk until it calls
	   done: within this call, or later on the first processor (bus_add_poll). Any number
	   of requests may be under way; they are done in any order. */
	void (*submit)(struct bus_disk *disk, struct bus_disk_request *request);
};

struct bus;

/* Adds @disk behind those already there. Returns -1 if there are too many. */
int bus_add_disk(struct bus *bus, struct bus_disk *disk);

#endif
