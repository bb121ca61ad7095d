/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * The commands (chapter 8).
 * LIMIT: the cache cannot be turned off; no security, no SMART, no host protected area, no
 * queued commands, no packets.
 */
#include "ata.h"

#define CHECKED_POWER 0xffu	/* active */
enum { TRANSFER_MODE = 0x03, CACHE_ON = 0x02, LOOK_AHEAD_OFF = 0x55, LOOK_AHEAD_ON = 0xaa };
#define MODE_PIO_MOST 0x0cu
#define MODE_MULTIWORD 0x20u
#define MODE_MULTIWORD_MOST 0x22u

/* What a command that moves sectors is. */
enum { WRITES = 1, MULTIPLE = 2, LONG_ADDRESS = 4, BY_DMA = 8, CHECKS_ONLY = 16, MOVES = 32 };

static unsigned command_moves(uint8_t command)
{
	switch (command) {
	case 0x20: case 0x21: return MOVES;
	case 0x24: return MOVES | LONG_ADDRESS;
	case 0x25: return MOVES | BY_DMA | LONG_ADDRESS;
	case 0x29: return MOVES | MULTIPLE | LONG_ADDRESS;
	case 0x30: case 0x31: return MOVES | WRITES;
	case 0x34: return MOVES | WRITES | LONG_ADDRESS;
	case 0x35: return MOVES | BY_DMA | WRITES | LONG_ADDRESS;
	case 0x39: return MOVES | MULTIPLE | WRITES | LONG_ADDRESS;
	case 0x40: case 0x41: return MOVES | CHECKS_ONLY;
	case 0x42: return MOVES | CHECKS_ONLY | LONG_ADDRESS;
	case 0xc4: return MOVES | MULTIPLE;
	case 0xc5: return MOVES | MULTIPLE | WRITES;
	case 0xc8: case 0xc9: return MOVES | BY_DMA;
	case 0xca: case 0xcb: return MOVES | BY_DMA | WRITES;
	}
	return 0;
}

/* The first sector, by cylinder, head and sector, or by number (6.2). */
static uint64_t command_sector(struct ata_channel *channel, unsigned how)
{
	const struct ata_drive *drive = ata_active(channel);
	const uint8_t *v = channel->value, *p = channel->previous;
	uint64_t low = v[ATA_LOW] | v[ATA_MIDDLE] << 8 | v[ATA_HIGH] << 16;
	unsigned head = channel->device & 15;

	if (how & LONG_ADDRESS)
		return low | (uint64_t)p[ATA_LOW] << 24 | (uint64_t)p[ATA_MIDDLE] << 32 |
		       (uint64_t)p[ATA_HIGH] << 40;
	if (channel->device & ATA_DEVICE_LBA)
		return low | head << 24;
	if (!v[ATA_LOW] || v[ATA_LOW] > drive->sectors || head >= drive->heads)
		return ~0ull;
	return ((low >> 8) * drive->heads + head) * drive->sectors + v[ATA_LOW] - 1;
}

static uint32_t command_count(const struct ata_channel *channel, unsigned how)
{
	uint32_t count = channel->value[ATA_COUNT];

	if (how & LONG_ADDRESS)
		count |= (uint32_t)channel->previous[ATA_COUNT] << 8;
	return count ? count : how & LONG_ADDRESS ? 0x10000 : 0x100;
}

static void command_move(struct ata_channel *channel, unsigned how)
{
	const struct ata_drive *drive = ata_active(channel);

	channel->writes = how & (WRITES | MULTIPLE);
	channel->sector = command_sector(channel, how);
	channel->left = command_count(channel, how);
	if (channel->left > drive->disk->sectors ||
	    channel->sector > drive->disk->sectors - channel->left)
		ata_end(channel, ATA_NOT_FOUND);
	else if ((how & WRITES && drive->disk->read_only) || (how & MULTIPLE && !drive->multiple))
		ata_end(channel, ATA_ABORTED);
	else if (how & CHECKS_ONLY)
		ata_end(channel, 0);
	else if (!(how & BY_DMA))
		ata_transfer(channel);
	else if (channel->master_status & ATA_ACTIVE)
		ata_dma(channel);
	else {
		channel->phase = ATA_DMA;
		channel->status = ATA_READY | ATA_DATA_REQUEST;
	}
}

static void command_identify(struct ata_channel *channel)
{
	ata_identify(ata_active(channel), channel->buffer);
	channel->phase = ATA_IN;
	channel->left = channel->at = 0;
	channel->size = BUS_SECTOR;
	channel->status = ATA_READY | ATA_SEEK_DONE | ATA_DATA_REQUEST;
	ata_interrupt(channel, 1);
}

/* Powers of two up to the most. */
static uint8_t command_set_multiple(struct ata_channel *channel)
{
	uint8_t count = channel->value[ATA_COUNT];

	if (count > ATA_MULTIPLE || count & (count - 1))
		return ATA_ABORTED;
	ata_active(channel)->multiple = count;
	return 0;
}

static uint8_t command_set_features(struct ata_channel *channel)
{
	uint8_t mode = channel->value[ATA_COUNT];

	switch (channel->value[ATA_FEATURES]) {
	case CACHE_ON: case LOOK_AHEAD_OFF: case LOOK_AHEAD_ON: return 0;
	case TRANSFER_MODE:
		if (mode > MODE_PIO_MOST && (mode < MODE_MULTIWORD || mode > MODE_MULTIWORD_MOST))
			return ATA_ABORTED;
		if (mode >= MODE_MULTIWORD)
			ata_active(channel)->mode = mode;
		return 0;
	}
	return ATA_ABORTED;
}

static uint8_t command_set_geometry(struct ata_channel *channel)
{
	if (!channel->value[ATA_COUNT])
		return ATA_ABORTED;
	ata_active(channel)->heads = (channel->device & 15) + 1;
	ata_active(channel)->sectors = channel->value[ATA_COUNT];
	return 0;
}

void ata_execute(struct ata_channel *channel)
{
	unsigned how = command_moves(channel->command);

	if (how) {
		command_move(channel, how);
		return;
	}
	if (channel->command >> 4 == 1 || channel->command >> 4 == 7) {
		ata_end(channel, 0);	/* recalibrate, seek */
		return;
	}
	switch (channel->command) {
	case 0x90:
		ata_sign(channel);
		ata_interrupt(channel, 1);
		break;
	case 0x91: ata_end(channel, command_set_geometry(channel)); break;
	case 0xc6: ata_end(channel, command_set_multiple(channel)); break;
	case 0xe5: case 0x98: channel->value[ATA_COUNT] = CHECKED_POWER; /* fallthrough */
	case 0xe0: case 0xe1: case 0xe2: case 0xe3: ata_end(channel, 0); break;
	case 0xe7: case 0xea: ata_flush(channel); break;
	case 0xec: command_identify(channel); break;
	case 0xef: ata_end(channel, command_set_features(channel)); break;
	default: ata_end(channel, ATA_ABORTED);
	}
}
