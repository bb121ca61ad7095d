/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * preadv(2), pwritev(2), fdatasync(2), fallocate(2).
 *
 * Invariant: after a flush that succeeds, all earlier writes are durable. After a
 * flush that fails, the host's kernel drops the data that it could not store, and lets
 * the next flush succeed. So every later flush of this disk fails.
 */
#include "disk.h"
#include "overlay.h"
#include "sys.h"
#include "../bus/bus.h"
#include "../bus/memory_disk.h"
#include "../iface/vcpu.h"
#include <asm-generic/errno.h>
#include <linux/falloc.h>
#include <linux/fs.h>
#include <linux/mman.h>
#include <linux/uio.h>
#include <string.h>

#define PARTS 16u		/* segments of one call */
#define ZEROES 65536u
#define PAGE 4096u

struct host_disk {
	struct bus_disk disk;
	int file;
	void (*before_write)(void *at, uint64_t size);
	uint8_t lost;		/* a flush has failed: all later ones fail */
};

uint64_t host_disk_place;

static uint8_t disk_zeroes[ZEROES];

/* Makes the vector of a system call from the segments from @segment on, of which @done bytes
   have been transferred. */
static unsigned disk_parts(struct iovec part[PARTS], const struct bus_segment *segment,
			   unsigned segments, uint32_t done)
{
	unsigned n = segments < PARTS ? segments : PARTS;

	for (unsigned i = 0; i < n; i++)
		part[i] = (struct iovec){ segment[i].at, segment[i].size };
	part[0].iov_base = (uint8_t *)part[0].iov_base + done;
	part[0].iov_len -= done;
	return n;
}

/* A call may transfer less than requested. If it transfers nothing, the file has become
   shorter. */
static int disk_transfer(const struct host_disk *disk, long number, uint64_t at,
			 const struct bus_segment *segment, unsigned segments)
{
	uint32_t done = 0;

	for (;;) {
		struct iovec part[PARTS];
		long moved;

		for (; segments && done == segment->size; done = 0, segments--)
			segment++;
		if (!segments)
			return 0;
		moved = sys_call6(number, disk->file, (uint64_t)part,
				  disk_parts(part, segment, segments, done), at, 0, 0);
		if (moved == -EINTR)
			continue;
		if (moved <= 0)
			return -1;
		at += moved;
		while (moved) {
			uint32_t step = segment->size - done;

			step = step < moved ? step : moved;
			done += step;
			moved -= step;
			for (; moved && done == segment->size; done = 0, segments--)
				segment++;
		}
	}
}

static int disk_read(const struct host_disk *disk, const struct bus_disk_request *request)
{
	for (unsigned i = 0; i < request->segments; i++)
		disk->before_write(request->segment[i].at, request->segment[i].size);
	return disk_transfer(disk, __NR_preadv, request->sector * BUS_SECTOR, request->segment,
			     request->segments);
}

static int disk_flush(struct host_disk *disk)
{
	if (!disk->lost && sys_call(__NR_fdatasync, disk->file, 0, 0, 0))
		disk->lost = 1;
	return disk->lost ? -1 : 0;
}

static long disk_allocate(const struct host_disk *disk, int mode,
			  const struct bus_disk_request *request)
{
	return sys_call(__NR_fallocate, disk->file, mode | FALLOC_FL_KEEP_SIZE,
			request->sector * BUS_SECTOR, request->sectors * BUS_SECTOR);
}

/* If the host cannot do it, the data stay as they were. */
static int disk_discard(const struct host_disk *disk, const struct bus_disk_request *request)
{
	long result = disk_allocate(disk, FALLOC_FL_PUNCH_HOLE, request);

	return result && result != -EOPNOTSUPP ? -1 : 0;
}

static int disk_zero(const struct host_disk *disk, const struct bus_disk_request *request)
{
	uint64_t at = request->sector * BUS_SECTOR, left = request->sectors * BUS_SECTOR;
	long result = disk_allocate(disk, FALLOC_FL_ZERO_RANGE, request);

	if (result != -EOPNOTSUPP)
		return result ? -1 : 0;
	while (left) {
		struct bus_segment zeroes = { disk_zeroes, left < ZEROES ? left : ZEROES };

		if (disk_transfer(disk, __NR_pwritev, at, &zeroes, 1))
			return -1;
		at += zeroes.size;
		left -= zeroes.size;
	}
	return 0;
}

static void disk_submit(struct bus_disk *bus_disk, struct bus_disk_request *request)
{
	struct host_disk *disk = (struct host_disk *)bus_disk;
	int failed = -1;

	switch (request->operation) {
	case BUS_DISK_READ: failed = disk_read(disk, request); break;
	case BUS_DISK_WRITE:
		failed = disk_transfer(disk, __NR_pwritev, request->sector * BUS_SECTOR,
				       request->segment, request->segments);
		break;
	case BUS_DISK_FLUSH: failed = disk_flush(disk); break;
	case BUS_DISK_DISCARD: failed = disk_discard(disk, request); break;
	case BUS_DISK_ZERO: failed = disk_zero(disk, request); break;
	}
	request->done(request, failed);
}

/* Maps the file privately; a page is copied when it is first written to. */
static long disk_map(int file, uint64_t size)
{
	long result = sys_call6(__NR_mmap, host_disk_place, size, PROT_READ | PROT_WRITE,
				MAP_PRIVATE | MAP_NORESERVE | MAP_FIXED_NOREPLACE, file, 0);

	host_disk_place += (size + 2 * PAGE - 1) & -(uint64_t)PAGE;
	return result;
}

union disk {
	struct host_disk host;
	struct memory_disk memory;	/* the copy for one processor */
	struct host_overlay overlay;	/* the copy that all processors share */
};

static struct bus_disk *disk_copy(union disk *disk, int file, uint64_t size, const char *id)
{
	long at = disk_map(file, size);

	if (at < 0)
		return NULL;
	if (backend_vcpus == 1) {
		memory_disk_init(&disk->memory, (void *)at, size, 0, id);
		return &disk->memory.disk;
	}
	if (host_overlay_init(&disk->overlay, (const void *)at, size, id, host_disk_place, &host_disk_place))
		return NULL;
	return &disk->overlay.disk;
}

struct bus_disk *host_disk(unsigned number, int file, enum host_access access,
			   void (*before_write)(void *at, uint64_t size))
{
	static union disk disks[BUS_DISKS];
	struct host_disk *disk = &disks[number].host;
	long size = sys_call(__NR_lseek, file, 0, SEEK_END, 0);
	char id[] = "disk0";

	id[4] += number;
	if (size > 0 && access == HOST_COPY)
		return disk_copy(&disks[number], file, size, id);
	if (size < 0)
		return NULL;
	*disk = (struct host_disk){ .file = file, .before_write = before_write };
	disk->disk = (struct bus_disk){ .sectors = size / BUS_SECTOR, .submit = disk_submit,
					.read_only = access == HOST_READ };
	memcpy(disk->disk.id, id, sizeof(id));
	return &disk->disk;
}
