/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * Disks of AT Attachment behind the IDE function of Intel's 82371SB (PIIX3), for ata*.c:
 * ATA/ATAPI-6 (T13 1410D), whose sections are named below; "Programming Interface for Bus
 * Master IDE Controller", 1.0 (BM).
 */
#ifndef PREVIRT_DEVICES_ATA_H
#define PREVIRT_DEVICES_ATA_H
#include "../bus/bus.h"
#include "../bus/drive.h"

#define ATA_CHANNELS 2u
#define ATA_DRIVES 2u		/* of a channel */
#define ATA_SEGMENTS 32u	/* of a disk's request */

enum { ATA_NO_INTERRUPT = 0x02, ATA_RESET = 0x04, ATA_PREVIOUS = 0x80 };	/* control (7.8) */
#define ATA_DEVICE_LBA 0x40u
#define ATA_DEVICE_SECOND 0x10u

/* Bus master: the command, and the status. */
enum { ATA_START = 1, ATA_TO_MEMORY = 8 };
enum { ATA_ACTIVE = 1, ATA_DMA_ERROR = 2, ATA_INTERRUPT = 4 };

/* What is under way on a channel. The disk has a request in those from ATA_READ on. */
enum ata_phase {
	ATA_IDLE, ATA_IN, ATA_OUT,	/* the guest reads or writes what is in the buffer */
	ATA_DMA,			/* the bus master has not been started yet */
	ATA_READ, ATA_WRITE,		/* the buffer */
	ATA_DMA_READ, ATA_DMA_WRITE, ATA_FLUSH,
	ATA_PHASES
};

/* The registers that hold two values, one behind the other (6.20). */
enum { ATA_FEATURES, ATA_COUNT, ATA_LOW, ATA_MIDDLE, ATA_HIGH, ATA_DOUBLE };

struct ata_channel {
	/* State. */
	uint8_t value[ATA_DOUBLE], previous[ATA_DOUBLE];
	uint8_t error, device, status, control, command;
	uint8_t interrupt, phase, writes;
	uint8_t active;			/* the drive of the command */
	uint8_t resets;			/* as soon as the disk is done */
	uint64_t sector;		/* the next one of the command */
	uint32_t left;			/* sectors that are to come */
	uint16_t at, size;		/* of the buffer: where the guest is, how much there is */
	uint8_t master_command, master_status;
	uint32_t table;			/* of the bus master */
	uint32_t entry, done;		/* where its next entry is, and how much of that is through */
	uint8_t buffer[BUS_DRIVE_MULTIPLE * BUS_SECTOR];
	struct bus_drive drive[ATA_DRIVES];
	struct bus_source irq;
	/* Derived. */
	struct ata *ata;
	uint8_t running, again;		/* ata_dma is at work; the request was over within it */
	uint32_t then_entry, then_done;	/* entry and done behind the request */
	struct bus_disk_request request;
	struct bus_segment segment[ATA_SEGMENTS];
};

struct ata {
	struct bus_function function;
	struct ata_channel channel[ATA_CHANNELS];
	uint8_t is_there;		/* derived */
};

/* The drive that is selected; its disk is NULL where there is none. */
static inline struct bus_drive *ata_drive(struct ata_channel *channel)
{
	return &channel->drive[!!(channel->device & ATA_DEVICE_SECOND)];
}

/* The drive whose command is under way, whichever is selected by now. */
static inline struct bus_drive *ata_active(struct ata_channel *channel)
{
	return &channel->drive[channel->active];
}

/* ata_channel.c: The guest is told that something is over, or takes note. */
void ata_interrupt(struct ata_channel *channel, int level);
/* The command is over; @error: of DRIVE_ABORTED, ..., or 0. */
void ata_end(struct ata_channel *channel, uint8_t error);
/* As a reset leaves it (9.1), and the drive's EXECUTE DEVICE DIAGNOSTIC. */
void ata_sign(struct ata_channel *channel);

/* ata_registers.c: For the windows of the bus. */
uint32_t ata_read(void *self, uint16_t offset, int size);
void ata_write(void *self, uint16_t offset, int size, uint32_t value);
uint32_t ata_read_control(void *self, uint16_t offset, int size);
void ata_write_control(void *self, uint16_t offset, int size, uint32_t value);

/* ata_command.c: The command that was written to the register is carried out. */
void ata_execute(struct ata_channel *channel);

/* ata_transfer.c: Sectors from the channel's on, by the data port; by bus master; what was
   written is stored for good. */
void ata_transfer(struct ata_channel *channel);
void ata_dma(struct ata_channel *channel);
void ata_flush(struct ata_channel *channel);
/* The guest has read or written all of the buffer. */
void ata_buffer_through(struct ata_channel *channel);
/* What the disk had is begun once more. */
void ata_again(struct ata_channel *channel);

/* ata_table.c: The next segments of memory in the bus master's table, for the channel's
   request: as much of @bytes as they have room for, or 0: they are not there. */
uint64_t ata_gather(struct ata_channel *channel, uint64_t bytes);

/* ata_master.c: The bus master's ports, for the window of the bus. */
uint64_t ata_read_master(void *self, uint64_t offset, unsigned size);
void ata_write_master(void *self, uint64_t offset, unsigned size, uint64_t value);

#endif
