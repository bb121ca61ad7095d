/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/* A port's state: its interrupts, its stop and its reset. */
#include "ahci.h"

void ahci_line(struct ahci *ahci)
{
	for (unsigned i = 0; i < ahci->ports; i++)
		if (ahci->port[i].status & ahci->port[i].enable)
			ahci->waiting |= 1u << i;
	bus_set_inta(&ahci->function, ahci->control & AHCI_INTERRUPTS && ahci->waiting);
}

void ahci_interrupt(struct ahci_port *port, uint32_t causes)
{
	port->status |= causes;
	ahci_line(port->ahci);
}

void ahci_stop(struct ahci_port *port)
{
	port->stops |= port->busy;
	port->halted = 0;
	port->issued = 0;
}

void ahci_reset_port(struct ahci_port *port)
{
	ahci_stop(port);
	port->status = port->enable = port->control = port->command = 0;
	port->task = AHCI_READY;
	bus_drive_reset(&port->drive);
}

void ahci_settle(struct ahci *ahci)
{
	for (unsigned i = 0; i < ahci->ports; i++)
		if (ahci->port[i].busy)
			return;
	ahci->control &= ~AHCI_RESET;
}
