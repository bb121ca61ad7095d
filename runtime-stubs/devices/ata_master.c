/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/* The bus master (BM, 2 and 3): for each channel a command, a status, a table. */
#include "ata.h"

enum { COMMAND = 0, STATUS = 2, TABLE = 4, CHANNEL = 8 };
#define STATUS_KEPT 0x60u	/* which drives the guest has found to be able */
#define STATUS_CLEARED (ATA_DMA_ERROR | ATA_INTERRUPT)

#define ENTRY 8u		/* bytes: an address, a count, the last one's mark */
#define ENTRY_LAST (1u << 31)
#define ENTRY_BYTES(count) ((count) & 0xfffe ? (count) & 0xfffe : 0x10000)

uint64_t ata_read_master(void *self, uint64_t offset, unsigned size)
{
	const struct ata *ata = self;
	const struct ata_channel *channel = &ata->channel[offset / CHANNEL % ATA_CHANNELS];
	uint64_t value = channel->master_command | (uint64_t)channel->master_status << 8 * STATUS |
			 (uint64_t)channel->table << 8 * TABLE;

	value >>= 8 * (offset % CHANNEL);
	return value & ((1ull << 8 * size) - 1);
}

static void master_command(struct ata_channel *channel, uint8_t value)
{
	uint8_t starts = value & ~channel->master_command & ATA_START;

	channel->master_command = value & (ATA_START | ATA_TO_MEMORY);
	if (!(value & ATA_START))
		channel->master_status &= ~ATA_ACTIVE;
	if (!starts)
		return;
	channel->master_status |= ATA_ACTIVE;
	channel->entry = channel->table;
	channel->done = 0;
	if (channel->phase == ATA_DMA)
		ata_dma(channel);
}

static void master_status(struct ata_channel *channel, uint8_t value)
{
	channel->master_status = (channel->master_status & ~STATUS_KEPT & ~(value & STATUS_CLEARED)) |
				 (value & STATUS_KEPT);
}

void ata_write_master(void *self, uint64_t offset, unsigned size, uint64_t value)
{
	struct ata *ata = self;
	struct ata_channel *channel = &ata->channel[offset / CHANNEL % ATA_CHANNELS];
	unsigned at = offset % CHANNEL;

	if (at == TABLE && size == 4)
		channel->table = value & ~3u;
	else if (at == STATUS)
		master_status(channel, value);
	else if (at == COMMAND) {
		if (size == 4)
			master_status(channel, value >> 8 * STATUS);
		master_command(channel, value);
	}
}

uint64_t ata_gather(struct ata_channel *channel, uint64_t bytes)
{
	const struct bus *bus = channel->ata->function.bus;
	uint32_t entry = channel->entry, done = channel->done, d[2];
	uint64_t total = 0;
	unsigned n = 0;

	while (n < ATA_SEGMENTS && total < bytes) {
		uint32_t size, part;
		uint8_t *at;

		if (bus_dma_read(bus, entry, d, sizeof(d)) || done >= ENTRY_BYTES(d[1]))
			return 0;
		size = ENTRY_BYTES(d[1]);
		part = size - done < bytes - total ? size - done : bytes - total;
		at = bus_dma(bus, (d[0] & ~1u) + (uint64_t)done, part);
		if (!at || (d[1] & ENTRY_LAST && done + part == size && total + part < bytes))
			return 0;
		channel->segment[n++] = (struct bus_segment){ at, part };
		total += part;
		done += part;
		if (done == size) {
			done = 0;
			entry += ENTRY;
		}
	}
	channel->then_entry = entry;
	channel->then_done = done;
	channel->request.segments = n;
	return total;
}
