/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * The commands (chapter 8).
 * LIMIT: the cache cannot be turned off; no security, no SMART, no host protected area, no
 * queued commands, no packets.
 */
#include "ata.h"

static void command_move(struct ata_channel *channel, unsigned how)
{
	const struct bus_drive *drive = ata_active(channel);
	uint8_t error;

	channel->writes = how & (DRIVE_WRITES | DRIVE_BY_MULTIPLE);
	channel->sector = bus_drive_sector(drive, how, &channel->value[ATA_LOW], &channel->previous[ATA_LOW],
					   channel->device);
	channel->left = bus_drive_count(how, channel->value[ATA_COUNT], channel->previous[ATA_COUNT]);
	error = bus_drive_refuses(drive, how, channel->sector, channel->left);
	if (error)
		ata_end(channel, error);
	else if (how & DRIVE_CHECKS)
		ata_end(channel, 0);
	else if (!(how & DRIVE_BY_DMA))
		ata_transfer(channel);
	else if (channel->master_status & ATA_ACTIVE)
		ata_dma(channel);
	else {
		channel->phase = ATA_DMA;
		channel->status = DRIVE_READY | DRIVE_DATA_REQUEST;
	}
}

static void command_identify(struct ata_channel *channel)
{
	bus_drive_identify(ata_active(channel), channel->buffer);
	channel->phase = ATA_IN;
	channel->left = channel->at = 0;
	channel->size = BUS_SECTOR;
	channel->status = DRIVE_READY | DRIVE_SEEK_DONE | DRIVE_DATA_REQUEST;
	ata_interrupt(channel, 1);
}

void ata_execute(struct ata_channel *channel)
{
	unsigned how = bus_drive_moves(channel->command);
	struct bus_drive *drive = ata_active(channel);
	const uint8_t *value = channel->value;

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
	case 0x91: ata_end(channel, bus_drive_set_geometry(drive, value[ATA_COUNT], channel->device)); break;
	case 0xc6: ata_end(channel, bus_drive_set_multiple(drive, value[ATA_COUNT])); break;
	case 0xe5: case 0x98: channel->value[ATA_COUNT] = BUS_DRIVE_ACTIVE; /* fallthrough */
	case 0xe0: case 0xe1: case 0xe2: case 0xe3: ata_end(channel, 0); break;
	case 0xe7: case 0xea: ata_flush(channel); break;
	case 0xec: command_identify(channel); break;
	case 0xef: ata_end(channel, bus_drive_set_features(drive, value[ATA_FEATURES], value[ATA_COUNT])); break;
	default: ata_end(channel, DRIVE_ABORTED);
	}
}
