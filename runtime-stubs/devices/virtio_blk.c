/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * Block devices, one for each disk of the bus (bus/disk.h): OASIS Virtual I/O Device
 * 1.2, 5.2. A request is submitted when it comes; several may be in progress. If the
 * guest has not accepted F_FLUSH, a write ends after it has been flushed. LIMIT: one
 * queue. No topology, no secure erase, no zoned disks.
 */
#include "../bus/device.h"
#include "../virtio/device.h"
#include <string.h>

#define BLOCK_CLASS 0x010000u	/* mass storage controller */
#define REQUESTS 8u		/* of one disk, in progress */
#define SEGMENTS_MOST (VIRTIO_SEGMENTS - 2)	/* of data: the header and the status take two
						   more */
#define RANGE_MOST 0x400000u	/* sectors of one discard or one write of zeroes */

enum { F_SEG_MAX = 1 << 2, F_RO = 1 << 5, F_FLUSH = 1 << 9, F_DISCARD = 1 << 13,
       F_WRITE_ZEROES = 1 << 14 };
enum { T_IN = 0, T_OUT = 1, T_FLUSH = 4, T_GET_ID = 8, T_DISCARD = 11, T_WRITE_ZEROES = 13 };
enum { S_OK = 0, S_IOERR = 1, S_UNSUPP = 2 };
#define RANGE_UNMAP 1u		/* of a range's flags */

struct config {			/* 5.2.4 */
	uint64_t capacity;
	uint32_t size_max, seg_max;
	uint8_t geometry[4];
	uint32_t block_size;
	uint8_t topology[8], writeback, unused;
	uint16_t queues;
	uint32_t discard_sectors, discard_ranges, discard_alignment;
	uint32_t zero_sectors, zero_ranges;
	uint8_t zero_may_unmap, unused2[3];
};
_Static_assert(offsetof(struct config, zero_may_unmap) == 56, "5.2.4");

struct header { uint32_t type, reserved; uint64_t sector; };
struct range { uint64_t sector; uint32_t sectors, flags; };

struct block {
	struct virtio virtio;
	/* State: the first descriptor of each request in progress, plus one. */
	uint32_t under_way[REQUESTS];
	/* Derived. */
	struct config config;
	struct bus_disk *disk;
	struct block_request {
		struct bus_disk_request disk;
		struct block *block;
		struct virtio_chain chain;
		struct bus_segment segment[VIRTIO_SEGMENTS];
		uint8_t *status;
		uint32_t written;	/* bytes of data that a request without error writes */
	} request[REQUESTS];
	uint8_t running;		/* block_notify runs */
};

struct virtio_blk {
	struct block block[BUS_DISKS];
	unsigned disks;			/* derived */
};

static void block_notify(void *self, unsigned queue);

static void block_end(struct block_request *r, uint8_t status)
{
	struct block *block = r->block;

	*r->status = status;
	block->under_way[r - block->request] = 0;
	virtio_give(&block->virtio, 0, r->chain.head, status == S_OK ? r->written + 1 : 1);
}

/* A driver without F_FLUSH takes a write that has ended as durable (5.2.6.2). */
static int block_wants_flush(const struct block_request *r)
{
	return !(r->block->virtio.driver_features & F_FLUSH) &&
	       r->disk.operation != BUS_DISK_READ && r->disk.operation != BUS_DISK_FLUSH;
}

/* Ends a request of the disk. It may be called before submit returns. */
static void block_done(struct bus_disk_request *disk, int failed)
{
	struct block_request *r = (struct block_request *)
		((uint8_t *)disk - offsetof(struct block_request, disk));
	struct block *block = r->block;

	if (!failed && block_wants_flush(r)) {
		disk->operation = BUS_DISK_FLUSH;
		disk->sector = disk->sectors = disk->segments = 0;
		block->disk->submit(block->disk, disk);
		return;
	}
	block_end(r, failed ? S_IOERR : S_OK);
	virtio_idle(&block->virtio);
	if (!block->running)
		block_notify(block, 0);
}

static void block_submit(struct block_request *r, enum bus_disk_operation operation,
			 uint64_t sector, uint64_t sectors)
{
	const struct bus_disk *disk = r->block->disk;

	if (sectors > disk->sectors || sector > disk->sectors - sectors ||
	    (disk->read_only && operation != BUS_DISK_READ && operation != BUS_DISK_FLUSH)) {
		block_end(r, S_IOERR);
		return;
	}
	r->disk.operation = operation;
	r->disk.sector = sector;
	r->disk.sectors = sectors;
	r->disk.done = block_done;
	r->block->disk->submit(r->block->disk, &r->disk);
}

/* The data are in the chain's segments from @first on, in whole sectors. */
static void block_transfer(struct block_request *r, enum bus_disk_operation operation,
			   uint64_t sector, unsigned first, unsigned segments)
{
	struct bus_segment *segment = &r->chain.segment[first];
	uint64_t bytes = virtio_bytes(segment, segments);

	r->disk.segment = segment;
	r->disk.segments = segments;
	r->written = operation == BUS_DISK_READ ? bytes : 0;
	if (bytes % BUS_SECTOR || bytes >= 1ull << 32)
		block_end(r, S_IOERR);
	else
		block_submit(r, operation, sector, bytes / BUS_SECTOR);
}

static void block_get_id(struct block_request *r)
{
	const char *id = r->block->disk->id;
	unsigned done = 0;

	for (unsigned i = 0; i < r->chain.writes && done < BUS_DISK_ID; i++) {
		struct bus_segment *segment = &r->chain.segment[r->chain.reads + i];
		unsigned left = BUS_DISK_ID - done;
		unsigned part = segment->size < left ? segment->size : left;

		memcpy(segment->at, id + done, part);
		done += part;
	}
	r->written = done;
	block_end(r, S_OK);
}

/* Discard and write zeroes: the data hold the range (5.2.6). */
static void block_range(struct block_request *r, enum bus_disk_operation operation)
{
	struct range range;

	if (virtio_chain_read(&r->chain, &range, sizeof(range)) ||
	    virtio_bytes(r->chain.segment, r->chain.reads) || range.sectors > RANGE_MOST)
		block_end(r, S_IOERR);
	else if (range.flags & ~(operation == BUS_DISK_ZERO ? RANGE_UNMAP : 0))
		block_end(r, S_UNSUPP);
	else
		block_submit(r, operation, range.sector, range.sectors);
}

/* The first writable segment of the chain. */
static void block_start(struct block_request *r)
{
	struct virtio_chain *chain = &r->chain;
	struct header header;

	r->status = virtio_chain_status(chain);
	if (!r->status || virtio_chain_read(chain, &header, sizeof(header))) {
		r->block->under_way[r - r->block->request] = 0;
		virtio_break(&r->block->virtio);
		return;
	}
	r->written = 0;
	r->disk.segments = 0;
	switch (header.type) {
	case T_IN:
		block_transfer(r, BUS_DISK_READ, header.sector, chain->reads, chain->writes);
		break;
	case T_OUT:
		block_transfer(r, BUS_DISK_WRITE, header.sector, 0, chain->reads);
		break;
	case T_FLUSH: block_submit(r, BUS_DISK_FLUSH, 0, 0); break;
	case T_GET_ID: block_get_id(r); break;
	case T_DISCARD: block_range(r, BUS_DISK_DISCARD); break;
	case T_WRITE_ZEROES: block_range(r, BUS_DISK_ZERO); break;
	default: block_end(r, S_UNSUPP);
	}
}

/* Returns a request that is free. NULL: none; further chains stay in the ring. */
static struct block_request *block_free(struct block *block)
{
	for (unsigned i = 0; i < REQUESTS; i++)
		if (!block->under_way[i])
			return &block->request[i];
	return NULL;
}

static void block_notify(void *self, unsigned queue)
{
	struct block *block = self;
	struct block_request *r;

	block->running = 1;
	while ((r = block_free(block)) && virtio_take(&block->virtio, queue, &r->chain)) {
		block->under_way[r - block->request] = r->chain.head + 1u;
		block_start(r);
	}
	block->running = 0;
}

static int block_is_busy(const void *self)
{
	const struct block *block = self;

	for (unsigned i = 0; i < REQUESTS; i++)
		if (block->under_way[i])
			return 1;
	return 0;
}

static const struct virtio_kind block_kind = { 2, BLOCK_CLASS, 1, block_notify, block_is_busy };

static int block_attach(struct block *block, struct bus *bus, unsigned slot, struct bus_disk *disk)
{
	block->disk = disk;
	block->config = (struct config){
		.capacity = disk->sectors, .seg_max = SEGMENTS_MOST, .block_size = BUS_SECTOR,
		.discard_sectors = RANGE_MOST, .discard_ranges = 1, .discard_alignment = 1,
		.zero_sectors = RANGE_MOST, .zero_ranges = 1, .zero_may_unmap = 1,
	};
	block->virtio.features = F_SEG_MAX | F_FLUSH |
				 (disk->read_only ? F_RO : F_DISCARD | F_WRITE_ZEROES);
	block->virtio.config = &block->config;
	block->virtio.config_size = sizeof(block->config);
	for (unsigned i = 0; i < REQUESTS; i++) {
		struct block_request *r = &block->request[i];

		r->block = block;
		r->chain = (struct virtio_chain){ .room = VIRTIO_SEGMENTS, .segment = r->segment };
	}
	return virtio_attach(&block->virtio, bus, slot, &block_kind, block);
}

static int blk_attach(void *self, struct bus *bus, const struct device_place *place)
{
	struct virtio_blk *blk = self;
	int bad = 0;

	blk->disks = bus->disks;
	for (unsigned i = 0; i < blk->disks; i++)
		if (bus->disk[i]->model == BUS_DISK_VIRTIO)
			bad |= block_attach(&blk->block[i], bus, place->at + i, bus->disk[i]);
	return bad;
}

static void blk_reset(void *self)
{
	struct virtio_blk *blk = self;

	for (unsigned i = 0; i < blk->disks; i++)
		if (blk->block[i].disk)
			virtio_reset(&blk->block[i].virtio);
}

/* Submits the requests again that were in progress when the state was saved. */
static int block_loaded(struct block *block)
{
	if (virtio_loaded(&block->virtio))
		return -1;
	for (unsigned i = 0; i < REQUESTS; i++)
		if (block->under_way[i] &&
		    (!block->virtio.queue[0].enabled ||
		     virtio_queue_walk(&block->virtio.queue[0], block->under_way[i] - 1,
				       &block->request[i].chain)))
			return -1;
	for (unsigned i = 0; i < REQUESTS; i++)
		if (block->under_way[i])
			block_start(&block->request[i]);
	return 0;
}

/* The state of an absent disk is all zeroes. */
static int block_is_empty(const struct block *block)
{
	return !block->virtio.status && !block->virtio.function.irq.level && !block_is_busy(block);
}

static int blk_loaded(void *self)
{
	struct virtio_blk *blk = self;

	for (unsigned i = 0; i < BUS_DISKS; i++)
		if (blk->block[i].disk ? block_loaded(&blk->block[i]) : !block_is_empty(&blk->block[i]))
			return -1;
	return 0;
}

#define BLOCK(i) \
	VIRTIO_STATE(struct virtio_blk, block[i].virtio), STATE_ARRAY(struct virtio_blk, block[i].under_way)
static const struct state_field blk_state[] = { BLOCK(0), BLOCK(1), BLOCK(2), BLOCK(3) };
_Static_assert(BUS_DISKS == 4, "in the list above");

const struct device device_virtio_blk = {
	"virtblk", sizeof(struct virtio_blk), 1, blk_attach, blk_reset, blk_loaded,
	blk_state, sizeof(blk_state) / sizeof(blk_state[0])
};
_Static_assert(sizeof(struct virtio_blk) < 1 << 16, "of a device's size");
