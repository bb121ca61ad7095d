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

/* What a channel does. From ATA_READ on the disk has a request. */
enum ata_phase {
	ATA_IDLE, ATA_IN, ATA_OUT,	/* the guest reads or writes what is in the buffer */
	ATA_DMA,			/* the bus master has not been started yet */
	ATA_READ, ATA_WRITE,		/* the buffer */
	ATA_DMA_READ, ATA_DMA_WRITE, ATA_FLUSH,
	ATA_PHASES
};

/* The registers that hold two values, the present and the previous one (6.20). */
enum { ATA_FEATURES, ATA_COUNT, ATA_LOW, ATA_MIDDLE, ATA_HIGH, ATA_DOUBLE };

struct ata_channel {
	/* State. */
	uint8_t value[ATA_DOUBLE], previous[ATA_DOUBLE];
	uint8_t error, device, status, control, command;
	uint8_t interrupt, phase, writes;
	uint8_t active;			/* the drive of the command */
	uint8_t resets;			/* the reset ends when the disk's request does */
	uint64_t sector;		/* the next one of the command */
	uint32_t left;			/* sectors that are still to be transferred */
	uint16_t at, size;		/* of the buffer: the guest's place, and the bytes it
					   holds */
	uint8_t master_command, master_status;
	uint32_t table;			/* of the bus master */
	uint32_t entry, done;		/* its next entry, and bytes of that that are
					   transferred */
	uint8_t buffer[BUS_DRIVE_MULTIPLE * BUS_SECTOR];
	struct bus_drive drive[ATA_DRIVES];
	struct bus_source irq;
	/* Derived. */
	struct ata *ata;
	uint8_t running, again;		/* ata_dma runs; its request has ended before submit
					   returned */
	uint32_t then_entry, then_done;	/* entry and done after the request */
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

/* The drive whose command runs. It may not be the selected one. */
static inline struct bus_drive *ata_active(struct ata_channel *channel)
{
	return &channel->drive[channel->active];
}

/* ata_channel.c: Requests an interrupt, or withdraws it. */
void ata_interrupt(struct ata_channel *channel, int level);
/* Ends the command. @error: DRIVE_ABORTED or another bit of the error register, or 0. */
void ata_end(struct ata_channel *channel, uint8_t error);
/* Sets the registers as a reset does (9.1), and the drive's EXECUTE DEVICE DIAGNOSTIC. */
void ata_sign(struct ata_channel *channel);

/* ata_registers.c: the functions of the bus's windows. */
uint32_t ata_read(void *self, uint16_t offset, int size);
void ata_write(void *self, uint16_t offset, int size, uint32_t value);
uint32_t ata_read_control(void *self, uint16_t offset, int size);
void ata_write_control(void *self, uint16_t offset, int size, uint32_t value);

/* ata_command.c: Carries out the command that was written to the register. */
void ata_execute(struct ata_channel *channel);

/* ata_transfer.c: Transfers sectors from the channel's sector on: by the data port; by bus
   master. The third one flushes the disk. */
void ata_transfer(struct ata_channel *channel);
void ata_dma(struct ata_channel *channel);
void ata_flush(struct ata_channel *channel);
/* The guest has read or written the whole buffer. */
void ata_buffer_through(struct ata_channel *channel);
/* Submits the disk's request again. */
void ata_again(struct ata_channel *channel);

/* ata_table.c: Puts the next segments of the bus master's table into the channel's request.
   Returns how many of @bytes they hold; 0: the table or its memory is absent. */
uint64_t ata_gather(struct ata_channel *channel, uint64_t bytes);

/* ata_master.c: the functions of the window of the bus master's ports. */
uint64_t ata_read_master(void *self, uint64_t offset, unsigned size);
void ata_write_master(void *self, uint64_t offset, unsigned size, uint64_t value);

#endif
