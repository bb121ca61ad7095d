/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/* Transfers of sectors by the memory table of a command (4.2.3.3). */
#include "ahci.h"

#define TABLE_AT 0x80u		/* in the command's table */
struct entry { uint64_t at; uint32_t reserved, bytes; };	/* bytes: less one */
#define ENTRY_BYTES(bytes) (((bytes) & 0x3fffff) + 1)

uint64_t ahci_gather(struct ahci_port *port, uint64_t bytes)
{
	const struct bus *bus = port->ahci->function.bus;
	uint32_t entry = port->entry, done = port->done;
	uint64_t total = 0;
	unsigned n = 0;

	while (n < AHCI_SEGMENTS && total < bytes) {
		struct entry e;
		uint32_t size, part;
		uint8_t *at;

		if (entry >= port->entries ||
		    bus_dma_read(bus, port->table + TABLE_AT + sizeof(e) * entry, &e, sizeof(e)) ||
		    done >= ENTRY_BYTES(e.bytes))
			return 0;
		size = ENTRY_BYTES(e.bytes);
		part = size - done < bytes - total ? size - done : bytes - total;
		at = e.at + done < e.at ? NULL : bus_dma(bus, e.at + done, part);
		if (!at)
			return 0;
		port->segment[n++] = (struct bus_segment){ at, part };
		total += part;
		done += part;
		if (done == size) {
			done = 0;
			entry++;
		}
	}
	port->then_entry = entry;
	port->then_done = done;
	port->request.segments = n;
	return total;
}

int ahci_goes_on(struct ahci_port *port, int failed)
{
	if (port->stops) {
		port->stops = 0;
		ahci_settle(port->ahci);
		return 0;
	}
	if (failed) {
		ahci_answer(port, port->operation == BUS_DISK_READ ? DRIVE_UNCORRECTABLE : DRIVE_ABORTED, 0);
		return 0;
	}
	port->sector += port->request.sectors;
	port->left -= port->request.sectors;
	port->moved += port->request.sectors * BUS_SECTOR;
	port->entry = port->then_entry;
	port->done = port->then_done;
	if (port->left)
		return 1;
	ahci_answer(port, 0, 0);
	return 0;
}

/* One request: as many sectors as the table's next entries hold. */
static void transfer_submit(struct ahci_port *port)
{
	struct bus_disk_request *request = &port->request;
	uint64_t bytes = (uint64_t)port->left * BUS_SECTOR;

	request->segments = 0;
	if (bytes) {
		bytes = ahci_gather(port, bytes);
		if (bytes % BUS_SECTOR)
			bytes = ahci_gather(port, bytes - bytes % BUS_SECTOR);
		if (!bytes) {
			ahci_answer(port, DRIVE_ABORTED, 0);
			return;
		}
	}
	port->busy = 1;
	request->operation = port->operation;
	request->sector = port->sector;
	request->sectors = bytes / BUS_SECTOR;
	request->segment = port->segment;
	port->drive.disk->submit(port->drive.disk, request);
}

/* A request that ends before submit returns is followed by the next one in this loop, so
   that the stack does not grow. */
void ahci_transfer(struct ahci_port *port)
{
	uint8_t ran = port->running;

	port->running = 1;
	do {
		port->again = 0;
		transfer_submit(port);
	} while (port->again);
	port->running = ran;
}
