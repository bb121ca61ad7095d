/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/* Answers to commands, written to the guest's memory (4.2; Serial ATA 3, 10.5). */
#include "ahci.h"
#include <stddef.h>

enum { FIS_TO_HOST = 0x34, FIS_PIO = 0x5f };
#define FIS_INTERRUPT 0x40u
#define FIS_FROM_DEVICE 0x20u
#define RECEIVED_PIO 0x20u	/* offsets in the received-FIS structure (4.2.1) */
#define RECEIVED 0x40u

/* Returns 0 if the answer was written. */
static int answer_put(struct ahci_port *port, unsigned at, const struct ahci_fis *fis)
{
	return port->command & AHCI_RECEIVE &&
	       bus_dma_write(port->ahci->function.bus, port->received + at, fis, sizeof(*fis));
}

void ahci_lost(struct ahci_port *port)
{
	port->halted = 1;
	ahci_interrupt(port, AHCI_NO_MEMORY);
}

void ahci_answer(struct ahci_port *port, uint8_t error, uint8_t count)
{
	uint8_t status = DRIVE_READY | DRIVE_SEEK_DONE | (error ? DRIVE_ERROR : 0);
	struct ahci_fis fis = { .type = FIS_PIO, .flags = FIS_INTERRUPT | FIS_FROM_DEVICE,
				    .command = status | DRIVE_DATA_REQUEST, .count = count,
				    .control = status };
	uint64_t moved_at = port->list + port->slot * sizeof(struct ahci_header) + offsetof(struct ahci_header, moved);
	int bad = bus_dma_write(port->ahci->function.bus, moved_at, &port->moved, sizeof(port->moved));

	port->task = status | (uint32_t)error << 8;
	if (port->by_port && !error)
		bad |= answer_put(port, RECEIVED_PIO, &fis);
	fis = (struct ahci_fis){ .type = FIS_TO_HOST, .flags = FIS_INTERRUPT, .command = status,
				     .features = error, .count = count };
	bad |= answer_put(port, RECEIVED, &fis);
	if (bad) {
		ahci_lost(port);
		return;
	}
	if (error)
		port->halted = 1;
	else
		port->issued &= ~(1u << port->slot);
	ahci_interrupt(port, AHCI_TOLD | (port->by_port && !error ? AHCI_TOLD_PIO : 0) | (error ? AHCI_FAILED : 0));
}
