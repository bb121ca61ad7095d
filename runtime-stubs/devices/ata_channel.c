/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/* A channel's interrupt, and its state at the end of a command and after a reset. */
#include "ata.h"
#include <string.h>

void ata_interrupt(struct ata_channel *channel, int level)
{
	if (level && !channel->interrupt)
		channel->master_status |= ATA_INTERRUPT;
	channel->interrupt = level;
	bus_set_line(&channel->irq, level && !(channel->control & ATA_NO_INTERRUPT));
}

void ata_end(struct ata_channel *channel, uint8_t error)
{
	channel->phase = ATA_IDLE;
	channel->left = 0;
	channel->error = error;
	channel->status = DRIVE_READY | DRIVE_SEEK_DONE | (error ? DRIVE_ERROR : 0);
	ata_interrupt(channel, 1);
}

void ata_sign(struct ata_channel *channel)
{
	static const uint8_t signature[ATA_DOUBLE] = { [ATA_COUNT] = 1, [ATA_LOW] = 1 };

	memcpy(channel->value, signature, sizeof(signature));
	memset(channel->previous, 0, sizeof(channel->previous));
	channel->phase = ATA_IDLE;
	channel->error = 1;		/* nothing is wrong */
	channel->device = 0;
	channel->status = DRIVE_READY | DRIVE_SEEK_DONE;
}
