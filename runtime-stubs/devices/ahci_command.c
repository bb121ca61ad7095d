/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * Commands of the command list (4.2, 5.5; Serial ATA 3, 10.5). LIMIT: no native
 * command queueing: a port runs one command after the other. No ATAPI.
 */
#include "ahci.h"
#include <stddef.h>
#include <string.h>

#define HEADER_ATAPI 0x20u
#define HEADER_TABLE (~127ull)
enum { FIS_TO_DEVICE = 0x27 };
#define FIS_IS_COMMAND 0x80u
#define CONTROL_RESET 0x04u

void ahci_done(struct bus_disk_request *request, int failed)
{
	struct ahci_port *port = (struct ahci_port *)
		((uint8_t *)request - offsetof(struct ahci_port, request));

	port->busy = 0;
	port->again = ahci_goes_on(port, failed);
	if (port->running)
		return;
	if (port->again)
		ahci_transfer(port);
	ahci_run(port);
}

static void command_move(struct ahci_port *port, unsigned how, const struct ahci_fis *fis)
{
	uint8_t error;

	port->sector = bus_drive_sector(&port->drive, how, fis->low, fis->previous, fis->device);
	port->left = bus_drive_count(how, fis->count, fis->previous_count);
	port->by_port = !(how & (DRIVE_WRITES | DRIVE_BY_DMA | DRIVE_CHECKS));
	port->operation = how & DRIVE_WRITES ? BUS_DISK_WRITE : BUS_DISK_READ;
	error = bus_drive_refuses(&port->drive, how, port->sector, port->left);
	if (error || how & DRIVE_CHECKS)
		ahci_answer(port, error, 0);
	else
		ahci_transfer(port);
}

static void command_identify(struct ahci_port *port)
{
	uint8_t words[BUS_SECTOR];
	uint32_t done = 0;

	bus_drive_identify(&port->drive, words);
	if (ahci_gather(port, sizeof(words)) != sizeof(words)) {
		ahci_answer(port, DRIVE_ABORTED, 0);
		return;
	}
	for (unsigned i = 0; i < port->request.segments; done += port->segment[i++].size)
		memcpy(port->segment[i].at, words + done, port->segment[i].size);
	port->moved = done;
	port->by_port = 1;
	ahci_answer(port, 0, 0);
}

static void command_flush(struct ahci_port *port)
{
	port->operation = BUS_DISK_FLUSH;
	port->sector = port->left = 0;
	ahci_transfer(port);
}

static void command_execute(struct ahci_port *port, const struct ahci_fis *fis)
{
	unsigned how = bus_drive_moves(fis->command);
	struct bus_drive *drive = &port->drive;

	if (how) {
		command_move(port, how, fis);
		return;
	}
	switch (fis->command) {
	case 0x91: ahci_answer(port, bus_drive_set_geometry(drive, fis->count, fis->device), 0); break;
	case 0xc6: ahci_answer(port, bus_drive_set_multiple(drive, fis->count), 0); break;
	case 0xe5: case 0x98: ahci_answer(port, 0, BUS_DRIVE_ACTIVE); break;
	case 0x90: case 0xe0: case 0xe1: case 0xe2: case 0xe3: ahci_answer(port, 0, 0); break;
	case 0xe7: case 0xea: command_flush(port); break;
	case 0xec: command_identify(port); break;
	case 0xef: ahci_answer(port, bus_drive_set_features(drive, fis->features, fis->count), 0); break;
	default: ahci_answer(port, DRIVE_ABORTED, 0);
	}
}

/* Starts the issued command of the lowest slot. */
static void command_start(struct ahci_port *port)
{
	const struct bus *bus = port->ahci->function.bus;
	struct ahci_fis fis;
	struct ahci_header header;

	port->slot = __builtin_ctz(port->issued);
	port->moved = port->entry = port->done = port->by_port = 0;
	if (!bus_is_master(&port->ahci->function) ||
	    bus_dma_read(bus, port->list + port->slot * sizeof(header), &header, sizeof(header)) ||
	    bus_dma_read(bus, header.table & HEADER_TABLE, &fis, sizeof(fis))) {
		ahci_lost(port);
		return;
	}
	port->table = header.table & HEADER_TABLE;
	port->entries = header.entries;
	if (header.flags & HEADER_ATAPI || fis.type != FIS_TO_DEVICE)
		ahci_answer(port, DRIVE_ABORTED, 0);
	else if (fis.flags & FIS_IS_COMMAND)
		command_execute(port, &fis);
	else if (fis.control & CONTROL_RESET)
		port->issued &= ~(1u << port->slot);
	else
		ahci_answer(port, 0, 1);	/* after a reset: the signature of a disk */
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
