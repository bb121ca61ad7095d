/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
#include "drive.h"
#include <string.h>

/* Words (8.15, table 27). */
enum { CONFIGURATION = 0, CYLINDERS = 1, HEADS = 3, SECTORS = 6, SERIAL = 10, FIRMWARE = 23,
       MODEL = 27, MULTIPLE_MOST = 47, CAPABILITIES = 49, CAPABILITIES_MORE = 50, VALID = 53,
       CYLINDERS_NOW = 54, HEADS_NOW, SECTORS_NOW, CAPACITY_NOW, MULTIPLE = 59, CAPACITY = 60,
       MULTIWORD = 63, PIO = 64, CYCLES = 65, CYCLES_END = 69, VERSIONS = 80, COMMANDS = 82,
       COMMANDS_ON = 85, CAPACITY_48 = 100 };

#define FIXED 0x0040u
#define LBA_DMA_IORDY 0x0f00u
#define ONE 0x4000u		/* a bit that is always set in some words */
#define WRITE_CACHE 0x0020u
#define FLUSHES_LBA48 0x3400u
#define CYCLE_NS 120u
#define VERSIONS_4_TO_6 0x0070u
#define MODE_MULTIWORD 0x20u	/* of SET FEATURES; the low bits are the mode */

#define CAPACITY_28_MOST 0x0fffffffu
#define GEOMETRY_HEADS 16u
#define GEOMETRY_SECTORS 63u
#define CYLINDERS_MOST 16383u

/* The upper half of a word holds the first letter of two. */
static void identify_text(uint16_t *words, unsigned count, const char *text)
{
	size_t length = strlen(text);

	for (unsigned i = 0; i < 2 * count; i++) {
		uint16_t letter = (uint8_t)(i < length ? text[i] : ' ');

		words[i / 2] |= i & 1 ? letter : letter << 8;
	}
}

static void identify_32(uint16_t *words, uint32_t value)
{
	words[0] = value;
	words[1] = value >> 16;
}

static void identify_geometry(const struct bus_drive *drive, uint16_t *words)
{
	uint64_t tracks = drive->disk->sectors / (GEOMETRY_HEADS * GEOMETRY_SECTORS), now = 0;

	words[CYLINDERS] = tracks < CYLINDERS_MOST ? tracks : CYLINDERS_MOST;
	words[HEADS] = GEOMETRY_HEADS;
	words[SECTORS] = GEOMETRY_SECTORS;
	words[HEADS_NOW] = drive->heads;
	words[SECTORS_NOW] = drive->sectors;
	if (drive->heads && drive->sectors)
		now = drive->disk->sectors / (drive->heads * drive->sectors);
	words[CYLINDERS_NOW] = now < UINT16_MAX ? now : UINT16_MAX;
	identify_32(&words[CAPACITY_NOW], words[CYLINDERS_NOW] * (uint32_t)drive->heads *
					  drive->sectors);
}

void bus_drive_identify(const struct bus_drive *drive, uint8_t to[BUS_SECTOR])
{
	uint64_t sectors = drive->disk->sectors;
	uint16_t words[BUS_SECTOR / 2] = { [CONFIGURATION] = FIXED };
	char serial[BUS_DISK_ID + 1] = "";

	memcpy(serial, drive->disk->id, BUS_DISK_ID);
	identify_text(&words[SERIAL], 10, serial);
	identify_text(&words[FIRMWARE], 4, "1");
	identify_text(&words[MODEL], 20, "previrt disk");
	identify_geometry(drive, words);
	words[MULTIPLE_MOST] = 0x8000 | BUS_DRIVE_MULTIPLE;
	words[CAPABILITIES] = LBA_DMA_IORDY;
	words[CAPABILITIES_MORE] = ONE;
	words[VALID] = 3;		/* words 54 to 58 and 64 to 70 are valid */
	words[MULTIPLE] = drive->multiple ? 0x100 | drive->multiple : 0;
	identify_32(&words[CAPACITY], sectors < CAPACITY_28_MOST ? sectors : CAPACITY_28_MOST);
	words[MULTIWORD] = 7;
	if ((drive->mode & ~7u) == MODE_MULTIWORD)
		words[MULTIWORD] |= 0x100 << (drive->mode & 7);
	words[PIO] = 3;
	for (unsigned i = CYCLES; i < CYCLES_END; i++)
		words[i] = CYCLE_NS;
	words[VERSIONS] = VERSIONS_4_TO_6;
	words[COMMANDS] = words[COMMANDS_ON] = WRITE_CACHE;
	words[COMMANDS + 1] = ONE | FLUSHES_LBA48;
	words[COMMANDS_ON + 1] = FLUSHES_LBA48;
	words[COMMANDS + 2] = words[COMMANDS_ON + 2] = ONE;
	memcpy(&words[CAPACITY_48], &sectors, sizeof(sectors));
	memcpy(to, words, sizeof(words));
}
