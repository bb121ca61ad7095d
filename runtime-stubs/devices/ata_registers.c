/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * The registers of a channel (chapter 7). A write reaches both drives; a read is
 * answered by the selected one. An absent drive reads as 0.
 */
#include "ata.h"
#include <string.h>

enum { DATA, FEATURES, COUNT, LOW, MIDDLE, HIGH, DEVICE, COMMAND };
#define NO_COMMAND_BITS (DRIVE_BUSY | DRIVE_DATA_REQUEST)
#define DEVICE_FIXED 0xa0u
#define DIAGNOSTIC 0x90u
#define DEVICE_RESET 0x08u

static uint32_t registers_data(struct ata_channel *channel, int size)
{
	uint32_t value = 0;

	if (channel->phase != ATA_IN)
		return 0;
	if (size > channel->size - channel->at)
		size = channel->size - channel->at;
	memcpy(&value, channel->buffer + channel->at, size);
	channel->at += size;
	if (channel->at == channel->size)
		ata_buffer_through(channel);
	return value;
}

static void registers_set_data(struct ata_channel *channel, int size, uint32_t value)
{
	if (channel->phase != ATA_OUT)
		return;
	if (size > channel->size - channel->at)
		size = channel->size - channel->at;
	memcpy(channel->buffer + channel->at, &value, size);
	channel->at += size;
	if (channel->at == channel->size)
		ata_buffer_through(channel);
}

uint32_t ata_read(void *self, uint16_t offset, int size)
{
	struct ata_channel *channel = self;
	const uint8_t *values = channel->control & ATA_PREVIOUS ? channel->previous : channel->value;

	if (offset == DATA && size > 1)
		return registers_data(channel, size);
	if (!ata_drive(channel)->disk)
		return offset == DEVICE ? channel->device : 0;
	switch (offset) {
	case FEATURES: return channel->error;
	case DEVICE: return channel->device;
	case COMMAND:
		ata_interrupt(channel, 0);
		return channel->status;
	}
	return offset == DATA ? 0 : values[offset - FEATURES];
}

static void registers_command(struct ata_channel *channel, uint8_t value)
{
	if ((!ata_drive(channel)->disk && value != DIAGNOSTIC) ||
	    (channel->status & NO_COMMAND_BITS && value != DEVICE_RESET))
		return;
	if (channel->phase >= ATA_READ)
		return;
	channel->command = value;
	channel->active = value == DIAGNOSTIC ? 0 : !!(channel->device & ATA_DEVICE_SECOND);
	channel->phase = ATA_IDLE;
	channel->error = 0;
	ata_interrupt(channel, 0);
	ata_execute(channel);
}

void ata_write(void *self, uint16_t offset, int size, uint32_t value)
{
	struct ata_channel *channel = self;

	if (offset == DATA && size > 1)
		registers_set_data(channel, size, value);
	else if (offset == COMMAND)
		registers_command(channel, value);
	else if (offset == DEVICE)
		channel->device = value | DEVICE_FIXED;
	else if (offset != DATA) {
		channel->previous[offset - FEATURES] = channel->value[offset - FEATURES];
		channel->value[offset - FEATURES] = value;
	}
	if (offset != DATA)
		channel->control &= ~ATA_PREVIOUS;
}

uint32_t ata_read_control(void *self, uint16_t offset, int size)
{
	struct ata_channel *channel = self;

	(void)offset;
	(void)size;
	return ata_drive(channel)->disk ? channel->status : 0;
}

/* A reset ends when its bit is cleared and the disk has no request. */
static void registers_reset(struct ata_channel *channel, int on)
{
	channel->resets = channel->phase >= ATA_READ;
	channel->status = DRIVE_BUSY;
	ata_interrupt(channel, 0);
	if (channel->resets)
		return;
	channel->phase = ATA_IDLE;
	if (!on)
		ata_sign(channel);
}

void ata_write_control(void *self, uint16_t offset, int size, uint32_t value)
{
	struct ata_channel *channel = self;
	uint8_t changes = channel->control ^ value;

	(void)offset;
	(void)size;
	channel->control = value & (ATA_NO_INTERRUPT | ATA_RESET | ATA_PREVIOUS);
	if (changes & ATA_RESET)
		registers_reset(channel, !!(value & ATA_RESET));
	ata_interrupt(channel, channel->interrupt);
}
