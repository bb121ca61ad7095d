/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * A disk with a cache that loses its contents when the power fails, between the block
 * device and the file: what is written reaches the file by a flush alone, sector by sector
 * in no order. With UNFLUSHED three flushes in four are left out. Linked into a wedge of the
 * test's own by --wrap=bus_add_disk.
 */
#include "../../../runtime-stubs/bus/bus.h"
#include "../../../runtime-stubs/iface/memory.h"
#include "../../../runtime-stubs/wedge/wedge.h"
#include <string.h>

static struct volatile_disk {
	struct bus_disk disk, *real;
	uint8_t *data, *dirty;		/* by sector */
	unsigned flushes, order;
	int failed;			/* of the last request of its own */
} disks[BUS_DISKS];
static unsigned count;

int __real_bus_add_disk(struct bus *bus, struct bus_disk *disk);
int __wrap_bus_add_disk(struct bus *bus, struct bus_disk *disk);

static void volatile_done(struct bus_disk_request *request, int failed)
{
	(void)request;
	for (unsigned i = 0; i < count; i++)
		disks[i].failed = failed;
}

/* A request to the file, which is over at once. */
static int volatile_ask(struct volatile_disk *disk, struct bus_disk_request request)
{
	request.done = volatile_done;
	disk->real->submit(disk->real, &request);
	return disk->failed;
}

static int volatile_read(struct volatile_disk *disk, const struct bus_disk_request *request)
{
	uint64_t at = request->sector * BUS_SECTOR;
	int failed = volatile_ask(disk, *request);

	for (unsigned i = 0; i < request->segments; i++)
		for (uint32_t n = 0; n < request->segment[i].size; n++, at++)
			if (disk->dirty[at / BUS_SECTOR])
				request->segment[i].at[n] = disk->data[at];
	return failed;
}

static void volatile_write(struct volatile_disk *disk, const struct bus_disk_request *request)
{
	uint8_t *to = disk->data + request->sector * BUS_SECTOR;

	memset(disk->dirty + request->sector, 1, request->sectors);
	if (request->operation == BUS_DISK_ZERO)
		memset(to, 0, request->sectors * BUS_SECTOR);
	for (unsigned i = 0; i < request->segments; to += request->segment[i].size, i++)
		memcpy(to, request->segment[i].at, request->segment[i].size);
}

static int volatile_store(struct volatile_disk *disk, uint64_t sector)
{
	struct bus_segment segment = { disk->data + sector * BUS_SECTOR, BUS_SECTOR };

	disk->dirty[sector] = 0;
	return volatile_ask(disk, (struct bus_disk_request){ .operation = BUS_DISK_WRITE,
		.sector = sector, .sectors = 1, .segment = &segment, .segments = 1 });
}

/* Those that are left over of 2^n, by an odd factor: each comes once. */
static int volatile_flush(struct volatile_disk *disk)
{
	uint64_t all = 1;
	int failed = 0;

#ifdef UNFLUSHED
	if (disk->flushes++ % 4)
		return 0;
#endif
	while (all < disk->disk.sectors)
		all *= 2;
	disk->order = disk->order * 1103515245 + 12345;
	for (uint64_t i = 0; i < all; i++) {
		uint64_t sector = (i * (disk->order | 1) + disk->order) & (all - 1);

		if (sector < disk->disk.sectors && disk->dirty[sector])
			failed |= volatile_store(disk, sector);
	}
	return volatile_ask(disk, (struct bus_disk_request){ .operation = BUS_DISK_FLUSH }) | failed;
}

static void volatile_submit(struct bus_disk *bus_disk, struct bus_disk_request *request)
{
	struct volatile_disk *disk = (struct volatile_disk *)bus_disk;
	int failed = 0;

	switch (request->operation) {
	case BUS_DISK_READ: failed = volatile_read(disk, request); break;
	case BUS_DISK_WRITE:
	case BUS_DISK_ZERO: volatile_write(disk, request); break;
	case BUS_DISK_FLUSH: failed = volatile_flush(disk); break;
	case BUS_DISK_DISCARD: break;
	}
	request->done(request, failed);
}

int __wrap_bus_add_disk(struct bus *bus, struct bus_disk *real)
{
	struct volatile_disk *disk = &disks[count++];

	disk->disk = *real;
	disk->disk.submit = volatile_submit;
	disk->real = real;
	disk->data = backend_memory(real->sectors * BUS_SECTOR);
	disk->dirty = backend_memory(real->sectors);
	return __real_bus_add_disk(bus, &disk->disk);
}
