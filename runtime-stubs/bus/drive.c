/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
#include "drive.h"

#define DEVICE_LBA 0x40u	/* of the register device */
enum { TRANSFER_MODE = 0x03, CACHE_ON = 0x02, LOOK_AHEAD_OFF = 0x55, LOOK_AHEAD_ON = 0xaa };
#define MODE_PIO_MOST 0x0cu
#define MODE_MULTIWORD 0x20u
#define MODE_MULTIWORD_MOST 0x22u

void bus_drive_reset(struct bus_drive *drive)
{
	drive->heads = 16;
	drive->sectors = 63;
}

unsigned bus_drive_moves(uint8_t command)
{
	switch (command) {
	case 0x20: case 0x21: return DRIVE_MOVES;
	case 0x24: return DRIVE_MOVES | DRIVE_LONG;
	case 0x25: return DRIVE_MOVES | DRIVE_BY_DMA | DRIVE_LONG;
	case 0x29: return DRIVE_MOVES | DRIVE_BY_MULTIPLE | DRIVE_LONG;
	case 0x30: case 0x31: return DRIVE_MOVES | DRIVE_WRITES;
	case 0x34: return DRIVE_MOVES | DRIVE_WRITES | DRIVE_LONG;
	case 0x35: return DRIVE_MOVES | DRIVE_BY_DMA | DRIVE_WRITES | DRIVE_LONG;
	case 0x39: return DRIVE_MOVES | DRIVE_BY_MULTIPLE | DRIVE_WRITES | DRIVE_LONG;
	case 0x40: case 0x41: return DRIVE_MOVES | DRIVE_CHECKS;
	case 0x42: return DRIVE_MOVES | DRIVE_CHECKS | DRIVE_LONG;
	case 0xc4: return DRIVE_MOVES | DRIVE_BY_MULTIPLE;
	case 0xc5: return DRIVE_MOVES | DRIVE_BY_MULTIPLE | DRIVE_WRITES;
	case 0xc8: case 0xc9: return DRIVE_MOVES | DRIVE_BY_DMA;
	case 0xca: case 0xcb: return DRIVE_MOVES | DRIVE_BY_DMA | DRIVE_WRITES;
	}
	return 0;
}

uint64_t bus_drive_sector(const struct bus_drive *drive, unsigned how, const uint8_t low[3],
			  const uint8_t previous[3], uint8_t device)
{
	uint64_t number = low[0] | low[1] << 8 | low[2] << 16;
	unsigned head = device & 15;

	if (how & DRIVE_LONG)
		return number | (uint64_t)previous[0] << 24 | (uint64_t)previous[1] << 32 |
		       (uint64_t)previous[2] << 40;
	if (device & DEVICE_LBA)
		return number | head << 24;
	if (!low[0] || low[0] > drive->sectors || head >= drive->heads)
		return ~0ull;
	return ((number >> 8) * drive->heads + head) * drive->sectors + low[0] - 1;
}

uint32_t bus_drive_count(unsigned how, uint8_t count, uint8_t previous)
{
	uint32_t sectors = count;

	if (how & DRIVE_LONG)
		sectors |= (uint32_t)previous << 8;
	return sectors ? sectors : how & DRIVE_LONG ? 0x10000 : 0x100;
}

uint8_t bus_drive_refuses(const struct bus_drive *drive, unsigned how, uint64_t sector, uint32_t count)
{
	if (count > drive->disk->sectors || sector > drive->disk->sectors - count)
		return DRIVE_NOT_FOUND;
	return (how & DRIVE_WRITES && drive->disk->read_only) ||
	       (how & DRIVE_BY_MULTIPLE && !drive->multiple) ? DRIVE_ABORTED : 0;
}

/* Powers of two up to BUS_DRIVE_MULTIPLE. */
uint8_t bus_drive_set_multiple(struct bus_drive *drive, uint8_t count)
{
	if (count > BUS_DRIVE_MULTIPLE || count & (count - 1))
		return DRIVE_ABORTED;
	drive->multiple = count;
	return 0;
}

uint8_t bus_drive_set_features(struct bus_drive *drive, uint8_t features, uint8_t count)
{
	switch (features) {
	case CACHE_ON: case LOOK_AHEAD_OFF: case LOOK_AHEAD_ON: return 0;
	case TRANSFER_MODE:
		if (count > MODE_PIO_MOST && (count < MODE_MULTIWORD || count > MODE_MULTIWORD_MOST))
			return DRIVE_ABORTED;
		if (count >= MODE_MULTIWORD)
			drive->mode = count;
		return 0;
	}
	return DRIVE_ABORTED;
}

uint8_t bus_drive_set_geometry(struct bus_drive *drive, uint8_t count, uint8_t device)
{
	if (!count)
		return DRIVE_ABORTED;
	drive->heads = (device & 15) + 1;
	drive->sectors = count;
	return 0;
}
