/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * Disks in memory for the controllers of ATA's drives, which may be late or fail, and check
 * each request. For one file of each test or fuzz target.
 */
#ifndef PREVIRT_UNIT_DRIVES_H
#define PREVIRT_UNIT_DRIVES_H
#include "machine.h"
#include "../../../runtime-stubs/bus/memory_disk.h"
#include <stdlib.h>
#include <string.h>

#define DRIVES 3u
#ifndef DRIVES_SECTORS
#define DRIVES_SECTORS 2048u
#endif

static uint8_t contents[DRIVES][DRIVES_SECTORS * BUS_SECTOR];
static struct memory_disk disks[DRIVES];
static void (*memory_submit)(struct bus_disk *disk, struct bus_disk_request *request);
static struct { struct bus_disk *disk; struct bus_disk_request *request; } held[DRIVES];
static unsigned holds, flushes, submits;
static enum { PROMPT, FAILING, LATE, MANNERS } manner;

static inline void drives_must(int good)
{
	if (!good)
		abort();
}

/* Within the disk; of as many bytes as sectors; one at a time for each controller's port; none
   that writes to what is read-only. */
static inline void drives_submit(struct bus_disk *disk, struct bus_disk_request *request)
{
	uint64_t bytes = 0;

	for (unsigned i = 0; i < request->segments; i++)
		bytes += request->segment[i].size;
	drives_must(request->sectors <= disk->sectors && request->sector <= disk->sectors - request->sectors);
	drives_must(!disk->read_only || request->operation != BUS_DISK_WRITE);
	drives_must(request->operation == BUS_DISK_FLUSH || (request->sectors && bytes == request->sectors * BUS_SECTOR));
	for (unsigned i = 0; i < holds; i++)
		drives_must(held[i].request != request);
	submits++;
	flushes += request->operation == BUS_DISK_FLUSH;
	if (manner == FAILING) {
		request->done(request, 1);
	} else if (manner == LATE) {
		drives_must(holds < DRIVES);
		held[holds].disk = disk;
		held[holds++].request = request;
	} else {
		memory_submit(disk, request);
	}
}

/* The last one that is late is over. */
static inline void drives_finish(void)
{
	holds--;
	memory_submit(held[holds].disk, held[holds].request);
}

/* Disk @read_only is. */
static inline void drives_make(enum bus_disk_model model, unsigned read_only)
{
	for (unsigned i = 0; i < DRIVES; i++) {
		memset(contents[i], 0x10 + i, sizeof(contents[i]));
		memory_disk_init(&disks[i], contents[i], sizeof(contents[i]), i == read_only, "disk");
		memory_submit = disks[i].disk.submit;
		disks[i].disk.submit = drives_submit;
		disks[i].disk.model = model;
		machine_disks[i] = &disks[i].disk;
	}
	manner = PROMPT;
	holds = flushes = submits = 0;
}

#endif
