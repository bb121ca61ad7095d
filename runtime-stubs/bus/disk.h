/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * What is behind a disk: whoever has one (a file, memory, another domain) makes it
 * known before the board starts, and a device of the board shows it to the guest.
 */
#ifndef PREVIRT_BUS_DISK_H
#define PREVIRT_BUS_DISK_H
#include "dma.h"

#define BUS_SECTOR 512u		/* bytes */
#define BUS_DISK_ID 20u

enum bus_disk_operation {
	BUS_DISK_READ, BUS_DISK_WRITE,
	BUS_DISK_FLUSH,		/* what was written before is stored for good */
	BUS_DISK_DISCARD,	/* what stands there is of no use any more */
	BUS_DISK_ZERO		/* zeroes stand there */
};

struct bus_disk_request {
	enum bus_disk_operation operation;
	uint64_t sector, sectors;	/* all of them are on the disk; flush: none */
	/* Of reads and writes: of sectors * BUS_SECTOR bytes in all, each of any size. */
	struct bus_segment *segment;
	unsigned segments;
	/* Once for each request: it is over. Non-zero: it has failed, and of what was to
	   be written anything may have been. */
	void (*done)(struct bus_disk_request *request, int failed);
};

enum bus_disk_model { BUS_DISK_VIRTIO, BUS_DISK_ATA };

struct bus_disk {
	uint64_t sectors;
	uint8_t read_only;		/* no request changes it */
	uint8_t model;			/* as what the guest sees it: enum bus_disk_model */
	char id[BUS_DISK_ID];		/* by which the guest tells it from others; with zeroes */
	/* The request, and what it points to, is the disk's until it is done: within
	   this call, or later on the first processor (bus_add_poll). Any number of them
	   may be there at once, and those of one another's sectors are in no order. */
	void (*submit)(struct bus_disk *disk, struct bus_disk_request *request);
};

struct bus;

/* @disk is the next one. -1: there are too many. */
int bus_add_disk(struct bus *bus, struct bus_disk *disk);

#endif
