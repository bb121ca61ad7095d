/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * Commands: what stands in the list, and the answers (4.2, 5.5; Serial ATA 3, 10.5).
 * LIMIT: no native queueing: a port's commands are done one behind the other; no ATAPI.
 */
#include "ahci.h"
#include <string.h>

struct header {			/* 4.2.2 */
	uint16_t flags, entries;
	uint32_t moved;
	uint64_t table, reserved[2];
};
_Static_assert(sizeof(struct header) == 32, "4.2.2");
#define HEADER_ATAPI 0x20u
#define HEADER_TABLE (~127ull)

struct register_fis {		/* from and to the host; to it flags for command, and status, error */
	uint8_t type, flags, command, features;
	uint8_t low[3], device, previous[3], previous_features;
	uint8_t count, previous_count, reserved, control, more[4];
};
_Static_assert(sizeof(struct register_fis) == 20, "10.5.5");
enum { FIS_TO_DEVICE = 0x27, FIS_TO_HOST = 0x34, FIS_PIO = 0x5f };
#define FIS_IS_COMMAND 0x80u
#define FIS_INTERRUPT 0x40u
#define FIS_FROM_DEVICE 0x20u
#define CONTROL_RESET 0x04u
#define RECEIVED_PIO 0x20u	/* where they are put (4.2.1) */
#define RECEIVED 0x40u

/* 0: the answer has been put. */
static int command_put(struct ahci_port *port, unsigned at, const struct register_fis *fis)
{
	return port->command & AHCI_RECEIVE &&
	       bus_dma_write(port->ahci->function.bus, port->received + at, fis, sizeof(*fis));
}

static void command_lost(struct ahci_port *port)
{
	port->halted = 1;
	ahci_interrupt(port, AHCI_NO_MEMORY);
}

/* With a number in the register for counts. */
static void command_answer(struct ahci_port *port, uint8_t error, uint8_t count)
{
	uint8_t status = DRIVE_READY | DRIVE_SEEK_DONE | (error ? DRIVE_ERROR : 0);
	struct register_fis fis = { .type = FIS_PIO, .flags = FIS_INTERRUPT | FIS_FROM_DEVICE,
				    .command = status | DRIVE_DATA_REQUEST, .count = count,
				    .control = status };
	uint64_t moved_at = port->list + port->slot * sizeof(struct header) + offsetof(struct header, moved);
	int bad = bus_dma_write(port->ahci->function.bus, moved_at, &port->moved, sizeof(port->moved));

	port->task = status | (uint32_t)error << 8;
	if (port->by_port && !error)
		bad |= command_put(port, RECEIVED_PIO, &fis);
	fis = (struct register_fis){ .type = FIS_TO_HOST, .flags = FIS_INTERRUPT, .command = status,
				     .features = error, .count = count };
	bad |= command_put(port, RECEIVED, &fis);
	if (bad) {
		command_lost(port);
		return;
	}
	if (error)
		port->halted = 1;
	else
		port->issued &= ~(1u << port->slot);
	ahci_interrupt(port, AHCI_TOLD | (port->by_port && !error ? AHCI_TOLD_PIO : 0) | (error ? AHCI_FAILED : 0));
}

void ahci_end(struct ahci_port *port, uint8_t error)
{
	command_answer(port, error, 0);
}

static void command_move(struct ahci_port *port, unsigned how, const struct register_fis *fis)
{
	uint8_t error;

	port->sector = bus_drive_sector(&port->drive, how, fis->low, fis->previous, fis->device);
	port->left = bus_drive_count(how, fis->count, fis->previous_count);
	port->by_port = !(how & (DRIVE_WRITES | DRIVE_BY_DMA | DRIVE_CHECKS));
	port->operation = how & DRIVE_WRITES ? BUS_DISK_WRITE : BUS_DISK_READ;
	error = bus_drive_refuses(&port->drive, how, port->sector, port->left);
	if (error || how & DRIVE_CHECKS)
		command_answer(port, error, 0);
	else
		ahci_transfer(port);
}

static void command_identify(struct ahci_port *port)
{
	uint8_t words[BUS_SECTOR];
	uint32_t done = 0;

	bus_drive_identify(&port->drive, words);
	if (ahci_gather(port, sizeof(words)) != sizeof(words)) {
		command_answer(port, DRIVE_ABORTED, 0);
		return;
	}
	for (unsigned i = 0; i < port->request.segments; done += port->segment[i++].size)
		memcpy(port->segment[i].at, words + done, port->segment[i].size);
	port->moved = done;
	port->by_port = 1;
	command_answer(port, 0, 0);
}

static void command_flush(struct ahci_port *port)
{
	port->operation = BUS_DISK_FLUSH;
	port->sector = port->left = 0;
	ahci_transfer(port);
}

static void command_execute(struct ahci_port *port, const struct register_fis *fis)
{
	unsigned how = bus_drive_moves(fis->command);
	struct bus_drive *drive = &port->drive;

	if (how) {
		command_move(port, how, fis);
		return;
	}
	switch (fis->command) {
	case 0x91: command_answer(port, bus_drive_set_geometry(drive, fis->count, fis->device), 0); break;
	case 0xc6: command_answer(port, bus_drive_set_multiple(drive, fis->count), 0); break;
	case 0xe5: case 0x98: command_answer(port, 0, BUS_DRIVE_ACTIVE); break;
	case 0x90: case 0xe0: case 0xe1: case 0xe2: case 0xe3: command_answer(port, 0, 0); break;
	case 0xe7: case 0xea: command_flush(port); break;
	case 0xec: command_identify(port); break;
	case 0xef: command_answer(port, bus_drive_set_features(drive, fis->features, fis->count), 0); break;
	default: command_answer(port, DRIVE_ABORTED, 0);
	}
}

/* One that was issued. */
static void command_start(struct ahci_port *port)
{
	const struct bus *bus = port->ahci->function.bus;
	struct register_fis fis;
	struct header header;

	port->slot = __builtin_ctz(port->issued);
	port->moved = port->entry = port->done = port->by_port = 0;
	if (!bus_is_master(&port->ahci->function) ||
	    bus_dma_read(bus, port->list + port->slot * sizeof(header), &header, sizeof(header)) ||
	    bus_dma_read(bus, header.table & HEADER_TABLE, &fis, sizeof(fis))) {
		command_lost(port);
		return;
	}
	port->table = header.table & HEADER_TABLE;
	port->entries = header.entries;
	if (header.flags & HEADER_ATAPI || fis.type != FIS_TO_DEVICE)
		command_answer(port, DRIVE_ABORTED, 0);
	else if (fis.flags & FIS_IS_COMMAND)
		command_execute(port, &fis);
	else if (fis.control & CONTROL_RESET)
		port->issued &= ~(1u << port->slot);
	else
		command_answer(port, 0, 1);	/* behind a reset: a disk is here */
}

void ahci_run(struct ahci_port *port)
{
	if (port->running)
		return;
	port->running = 1;
	while (port->command & AHCI_START && !port->halted && !port->busy && port->issued)
		command_start(port);
	port->running = 0;
}
