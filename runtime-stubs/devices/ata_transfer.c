/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * Transfers of sectors (9.5, 9.6, 9.7): by the data port through the channel's buffer,
 * or by bus master to and from memory. A channel has one request at a time. A write is
 * durable after a flush, as with a disk that has a write cache.
 */
#include "ata.h"

static void transfer_done(struct bus_disk_request *request, int failed);

static void transfer_submit(struct ata_channel *channel, enum ata_phase phase,
			    enum bus_disk_operation operation, uint32_t sectors)
{
	struct bus_disk *disk = ata_active(channel)->disk;
	struct bus_disk_request *request = &channel->request;

	channel->phase = phase;
	channel->status = DRIVE_BUSY;
	request->operation = operation;
	request->sector = channel->sector;
	request->sectors = sectors;
	request->segment = channel->segment;
	request->done = transfer_done;
	disk->submit(disk, request);
}

/* How many sectors go through the buffer next. */
static uint32_t transfer_block(struct ata_channel *channel)
{
	unsigned most = channel->writes & 2 ? ata_active(channel)->multiple : 1;

	return channel->left < most ? channel->left : most;
}

static void transfer_buffer(struct ata_channel *channel, enum ata_phase phase)
{
	uint32_t sectors = transfer_block(channel);

	channel->segment[0] = (struct bus_segment){ channel->buffer, sectors * BUS_SECTOR };
	channel->request.segments = 1;
	transfer_submit(channel, phase, phase == ATA_READ ? BUS_DISK_READ : BUS_DISK_WRITE, sectors);
}

/* The guest may read or write the buffer now. */
static void transfer_ask(struct ata_channel *channel, enum ata_phase phase)
{
	channel->phase = phase;
	channel->at = 0;
	channel->size = transfer_block(channel) * BUS_SECTOR;
	channel->status = DRIVE_READY | DRIVE_SEEK_DONE | DRIVE_DATA_REQUEST;
}

void ata_transfer(struct ata_channel *channel)
{
	if (channel->writes & 1)
		transfer_ask(channel, ATA_OUT);
	else
		transfer_buffer(channel, ATA_READ);
}

void ata_buffer_through(struct ata_channel *channel)
{
	if (channel->phase == ATA_OUT)
		transfer_buffer(channel, ATA_WRITE);
	else if (channel->left)
		transfer_buffer(channel, ATA_READ);
	else {
		channel->phase = ATA_IDLE;
		channel->status = DRIVE_READY | DRIVE_SEEK_DONE;
	}
}

/* As many sectors as the table's next entries hold. */
static void transfer_dma(struct ata_channel *channel)
{
	uint64_t bytes = ata_gather(channel, (uint64_t)channel->left * BUS_SECTOR);

	if (bytes % BUS_SECTOR)
		bytes = ata_gather(channel, bytes - bytes % BUS_SECTOR);
	if (!bytes) {
		channel->master_status |= ATA_DMA_ERROR;
		ata_end(channel, DRIVE_ABORTED);
		return;
	}
	transfer_submit(channel, channel->writes & 1 ? ATA_DMA_WRITE : ATA_DMA_READ,
			channel->writes & 1 ? BUS_DISK_WRITE : BUS_DISK_READ, bytes / BUS_SECTOR);
}

/* A request that ends before submit returns is followed by the next one in this loop, so
   that the stack does not grow. */
void ata_dma(struct ata_channel *channel)
{
	channel->running = 1;
	do {
		channel->again = 0;
		if (bus_is_master(&channel->ata->function))
			transfer_dma(channel);
		else
			ata_end(channel, DRIVE_ABORTED);
	} while (channel->again);
	channel->running = 0;
}

static void transfer_dma_done(struct ata_channel *channel)
{
	channel->entry = channel->then_entry;
	channel->done = channel->then_done;
	if (!channel->left) {
		channel->master_status &= ~ATA_ACTIVE;
		ata_end(channel, 0);
	} else if (channel->running) {
		channel->again = 1;
	} else {
		ata_dma(channel);
	}
}

static void transfer_done(struct bus_disk_request *request, int failed)
{
	struct ata_channel *channel = (struct ata_channel *)
		((uint8_t *)request - offsetof(struct ata_channel, request));
	enum ata_phase phase = channel->phase;

	if (channel->resets) {
		channel->resets = 0;
		channel->phase = ATA_IDLE;
		if (!(channel->control & ATA_RESET))
			ata_sign(channel);
		return;
	}
	if (failed) {
		ata_end(channel, phase == ATA_READ || phase == ATA_DMA_READ ? DRIVE_UNCORRECTABLE :
			DRIVE_ABORTED);
		return;
	}
	channel->sector += request->sectors;
	channel->left -= request->sectors;
	if (phase == ATA_DMA_READ || phase == ATA_DMA_WRITE) {
		transfer_dma_done(channel);
	} else if (phase == ATA_READ) {
		channel->left += request->sectors;
		transfer_ask(channel, ATA_IN);
		channel->left -= request->sectors;
		ata_interrupt(channel, 1);
	} else if (channel->left) {
		transfer_ask(channel, ATA_OUT);
		ata_interrupt(channel, 1);
	} else {
		ata_end(channel, 0);
	}
}

void ata_flush(struct ata_channel *channel)
{
	channel->left = 0;
	channel->request.segments = 0;
	channel->sector = 0;
	transfer_submit(channel, ATA_FLUSH, BUS_DISK_FLUSH, 0);
}

void ata_again(struct ata_channel *channel)
{
	if (channel->phase == ATA_READ || channel->phase == ATA_WRITE)
		transfer_buffer(channel, channel->phase);
	else if (channel->phase == ATA_FLUSH)
		ata_flush(channel);
	else if (channel->phase >= ATA_READ)
		ata_dma(channel);
}
