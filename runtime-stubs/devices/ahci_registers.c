/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * The registers (chapter 3): accesses of 32 bits, reads of other sizes as well.
 * LIMIT: no interrupts by message, no power states, no enclosure; SERR, SACT and SNTF read as 0.
 */
#include "ahci.h"

enum { CAPABILITIES = 0x00, CONTROL = 0x04, INTERRUPTS = 0x08, IMPLEMENTED = 0x0c, VERSION = 0x10 };
enum { PORT_LIST = 0x00, PORT_LIST_HIGH = 0x04, PORT_RECEIVED = 0x08, PORT_RECEIVED_HIGH = 0x0c,
       PORT_STATUS = 0x10, PORT_ENABLE = 0x14, PORT_COMMAND = 0x18, PORT_TASK = 0x20,
       PORT_SIGNATURE = 0x24, PORT_LINK = 0x28, PORT_CONTROL = 0x2c, PORT_ISSUED = 0x38 };
#define PORTS_AT 0x100u
#define PORT_BYTES 0x80u

#define CAN (1u << 31 | 1u << 20 | 1u << 18 | (AHCI_SLOTS - 1) << 8)	/* 64 bits; 1.5 Gbit/s; AHCI alone */
#define VERSION_1_3 0x00010300u
#define CONTROL_AHCI (1u << 31)
#define LIST_BYTES 1024u		/* both at multiples of their size */
#define RECEIVED_BYTES 256u
#define SIGNATURE_DISK 0x00000101u
#define LINK_UP 0x113u			/* active, at the first generation's speed */
#define LINK_STARTS 1u			/* of PxSCTL */

static void registers_reset(struct ahci *ahci)
{
	for (unsigned i = 0; i < ahci->ports; i++)
		ahci_reset_port(&ahci->port[i]);
	ahci->control = AHCI_RESET;
	ahci->waiting = 0;
	ahci_line(ahci);
	ahci_settle(ahci);
}

static uint32_t registers_port(const struct ahci_port *port, unsigned offset)
{
	switch (offset) {
	case PORT_LIST: return port->list;
	case PORT_LIST_HIGH: return port->list >> 32;
	case PORT_RECEIVED: return port->received;
	case PORT_RECEIVED_HIGH: return port->received >> 32;
	case PORT_STATUS: return port->status;
	case PORT_ENABLE: return port->enable;
	case PORT_COMMAND:
		return port->command | AHCI_SPUN_UP | (uint32_t)port->slot << 8 |
		       (port->command & AHCI_RECEIVE ? AHCI_RECEIVES : 0) |
		       (port->command & AHCI_START || port->busy ? AHCI_RUNS : 0);
	case PORT_TASK: return port->busy ? DRIVE_BUSY : port->task;
	case PORT_SIGNATURE: return SIGNATURE_DISK;
	case PORT_LINK: return port->control & LINK_STARTS ? 0 : LINK_UP;
	case PORT_CONTROL: return port->control;
	case PORT_ISSUED: return port->issued;
	}
	return 0;
}

static uint32_t registers_get(const struct ahci *ahci, unsigned offset)
{
	unsigned n = (offset - PORTS_AT) / PORT_BYTES;

	if (offset >= PORTS_AT)
		return n < ahci->ports ? registers_port(&ahci->port[n], offset % PORT_BYTES) : 0;
	switch (offset) {
	case CAPABILITIES: return CAN | (ahci->ports - 1u);
	case CONTROL: return CONTROL_AHCI | ahci->control;
	case INTERRUPTS: return ahci->waiting;
	case IMPLEMENTED: return (1u << ahci->ports) - 1;
	case VERSION: return VERSION_1_3;
	}
	return 0;
}

uint64_t ahci_read(void *self, uint64_t offset, unsigned size)
{
	uint64_t value = registers_get(self, offset & ~3u);

	if (size == 8)
		value |= (uint64_t)registers_get(self, (offset & ~3u) + 4) << 32;
	return value >> 8 * (offset & 3);
}

static void registers_set_command(struct ahci_port *port, uint32_t value)
{
	if (port->command & AHCI_START && !(value & AHCI_START))
		ahci_stop(port);
	port->command = value & (AHCI_START | AHCI_RECEIVE);
}

/* A link that starts anew resets the drive. */
static void registers_set_control(struct ahci_port *port, uint32_t value)
{
	if (value & LINK_STARTS && !(port->control & LINK_STARTS)) {
		ahci_stop(port);
		port->task = AHCI_READY;
	}
	port->control = value & 0xfff;
}

static void registers_set_port(struct ahci_port *port, unsigned offset, uint32_t value)
{
	switch (offset) {
	case PORT_LIST:
		port->list = (port->list & ~0xffffffffull) | (value & -LIST_BYTES);
		break;
	case PORT_LIST_HIGH: port->list = (uint32_t)port->list | (uint64_t)value << 32; break;
	case PORT_RECEIVED:
		port->received = (port->received & ~0xffffffffull) | (value & -RECEIVED_BYTES);
		break;
	case PORT_RECEIVED_HIGH: port->received = (uint32_t)port->received | (uint64_t)value << 32; break;
	case PORT_STATUS: port->status &= ~value; break;
	case PORT_ENABLE: port->enable = value & AHCI_CAUSES; break;
	case PORT_COMMAND: registers_set_command(port, value); break;
	case PORT_CONTROL: registers_set_control(port, value); break;
	case PORT_ISSUED:
		if (port->command & AHCI_START)
			port->issued |= value;
		break;
	}
	ahci_run(port);
	ahci_line(port->ahci);
}

void ahci_write(void *self, uint64_t offset, unsigned size, uint64_t value)
{
	struct ahci *ahci = self;
	unsigned n = (offset - PORTS_AT) / PORT_BYTES;

	if (size != 4 || offset & 3 || ahci->control & AHCI_RESET)
		return;
	if (offset >= PORTS_AT) {
		if (n < ahci->ports)
			registers_set_port(&ahci->port[n], offset % PORT_BYTES, value);
		return;
	}
	if (offset == CONTROL && value & AHCI_RESET)
		registers_reset(ahci);
	else if (offset == CONTROL)
		ahci->control = value & AHCI_INTERRUPTS;
	else if (offset == INTERRUPTS)
		ahci->waiting &= ~value;
	ahci_line(ahci);
}
