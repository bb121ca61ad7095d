/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/* The bus master (BM, 2 and 3): for each channel a command, a status, a table. */
#include "ata.h"

enum { COMMAND = 0, STATUS = 2, TABLE = 4, CHANNEL = 8 };
#define STATUS_CAPABLE 0x60u	/* drive 0 or 1 is DMA capable, as the guest has set it */
#define STATUS_CLEARED (ATA_DMA_ERROR | ATA_INTERRUPT)

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
	channel->master_status = (channel->master_status & ~STATUS_CAPABLE & ~(value & STATUS_CLEARED)) |
				 (value & STATUS_CAPABLE);
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
