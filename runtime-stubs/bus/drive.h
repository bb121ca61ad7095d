/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * What drives of AT Attachment have in common, behind any controller: ATA/ATAPI-6 (T13
 * 1410D), whose sections are named below.
 */
#ifndef PREVIRT_BUS_DRIVE_H
#define PREVIRT_BUS_DRIVE_H
#include "disk.h"

#define BUS_DRIVE_MULTIPLE 8u	/* the most sectors of one data-port block */
#define BUS_DRIVE_ACTIVE 0xffu	/* the answer to CHECK POWER MODE (8.5) */

enum { DRIVE_ERROR = 0x01, DRIVE_DATA_REQUEST = 0x08, DRIVE_SEEK_DONE = 0x10, DRIVE_READY = 0x40,
       DRIVE_BUSY = 0x80 };				/* status (7.15) */
enum { DRIVE_ABORTED = 0x04, DRIVE_NOT_FOUND = 0x10, DRIVE_UNCORRECTABLE = 0x40 };	/* error (7.9) */

/* How a command transfers sectors. */
enum { DRIVE_WRITES = 1, DRIVE_BY_MULTIPLE = 2, DRIVE_LONG = 4, DRIVE_BY_DMA = 8,
       DRIVE_CHECKS = 16, DRIVE_MOVES = 32 };

struct bus_drive {
	/* State. */
	uint16_t heads, sectors;	/* of the geometry that the guest has set */
	uint8_t multiple;		/* sectors of a block of READ and WRITE MULTIPLE; 0: off */
	uint8_t mode;			/* the transfer mode, in the numbers of SET FEATURES */
	struct bus_disk *disk;		/* derived */
};

/* Resets the drive as power-on does. */
void bus_drive_reset(struct bus_drive *drive);

/* Makes the answer to IDENTIFY DEVICE (8.15). */
void bus_drive_identify(const struct bus_drive *drive, uint8_t to[BUS_SECTOR]);

/* Returns how @command transfers sectors: DRIVE_WRITES and others; 0: it transfers none. */
unsigned bus_drive_moves(uint8_t command);

/* Returns the first sector of a command, by cylinder, head and sector, or by number (6.2),
   from the registers LBA low, mid and high, their previous values, and device. ~0: there is
   no such sector. */
uint64_t bus_drive_sector(const struct bus_drive *drive, unsigned how, const uint8_t low[3],
			  const uint8_t previous[3], uint8_t device);
uint32_t bus_drive_count(unsigned how, uint8_t count, uint8_t previous);
/* Returns 0 if sectors @sector to @sector + @count - 1 may be transferred like that, else
   the error. */
uint8_t bus_drive_refuses(const struct bus_drive *drive, unsigned how, uint64_t sector, uint32_t count);

/* Carry out SET MULTIPLE MODE, SET FEATURES, INITIALIZE DEVICE PARAMETERS. Return 0, or the
   error. */
uint8_t bus_drive_set_multiple(struct bus_drive *drive, uint8_t count);
uint8_t bus_drive_set_features(struct bus_drive *drive, uint8_t features, uint8_t count);
uint8_t bus_drive_set_geometry(struct bus_drive *drive, uint8_t count, uint8_t device);

#define BUS_DRIVE_STATE(type, path) \
	STATE(type, path.heads), STATE(type, path.sectors), STATE(type, path.multiple), \
	STATE(type, path.mode)

#endif
