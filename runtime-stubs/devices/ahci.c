/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * The place and state of an AHCI controller. Each disk whose model is ahci
 * (bus/disk.h) has a port of its own. An error of the guest becomes an error of its
 * command or of its port.
 */
#include "ahci.h"
#include "../bus/device.h"

#define BAR_REGISTERS 5u
#define REGISTERS 4096u

static int ahci_attach(void *self, struct bus *bus, const struct device_place *place)
{
	static const struct bus_identity identity = { 0x8086, 0x2922, 0, 2, 0x010601 };
	struct ahci *ahci = self;
	unsigned first = 0;

	for (unsigned i = 0; i < bus->disks; i++) {
		struct ahci_port *port = &ahci->port[ahci->ports];

		if (bus->disk[i]->model != BUS_DISK_AHCI)
			continue;
		if (!ahci->ports++)
			first = i;
		port->drive.disk = bus->disk[i];
		port->ahci = ahci;
		port->request.done = ahci_done;
	}
	if (!ahci->ports)
		return 0;
	return bus_add_function(bus, &ahci->function, place->at + first, &identity) ||
	       bus_add_bar(&ahci->function, BAR_REGISTERS, &(struct bus_bar){
			ahci, ahci_read, ahci_write, REGISTERS, 0 });
}

static void ahci_reset(void *self)
{
	struct ahci *ahci = self;

	if (!ahci->ports)
		return;
	bus_reset_function(&ahci->function);
	ahci->control = ahci->waiting = 0;
	for (unsigned i = 0; i < ahci->ports; i++)
		ahci_reset_port(&ahci->port[i]);
	bus_set_inta(&ahci->function, 0);
}

/* Refuses numbers that ahci*.c uses without a check. Other numbers may have any value. */
static int ahci_port_loaded(const struct ahci_port *port)
{
	const struct bus_disk *disk = port->drive.disk;

	if (port->halted > 1 || port->busy > 1 || port->stops > port->busy || port->slot >= AHCI_SLOTS ||
	    port->operation > BUS_DISK_FLUSH || port->drive.multiple > BUS_DRIVE_MULTIPLE ||
	    port->command & ~(uint32_t)(AHCI_START | AHCI_RECEIVE))
		return -1;
	return port->busy && (port->left > disk->sectors || port->sector > disk->sectors - port->left ||
			      !port->left != (port->operation == BUS_DISK_FLUSH) ||
			      (disk->read_only && port->operation == BUS_DISK_WRITE)) ? -1 : 0;
}

/* Submits the disks' requests again. */
static int ahci_loaded(void *self)
{
	struct ahci *ahci = self;

	if (!ahci->ports)
		return ahci->function.config[PCI_VENDOR] || ahci->function.irq.level;
	for (unsigned i = 0; i < AHCI_PORTS; i++)
		if (i < ahci->ports ? ahci_port_loaded(&ahci->port[i]) :
		    ahci->port[i].busy || ahci->port[i].issued)
			return -1;
	if (bus_function_loaded(&ahci->function))
		return -1;
	for (unsigned i = 0; i < ahci->ports; i++) {
		struct ahci_port *port = &ahci->port[i];
		int stopped = port->stops;

		port->stops = 0;
		if (!port->busy)
			continue;
		port->busy = 0;
		if (!stopped)
			ahci_transfer(port);
		ahci_run(port);
	}
	ahci_settle(ahci);
	return 0;
}

#define PORT(n) \
	STATE(struct ahci, port[n].list), STATE(struct ahci, port[n].received), \
	STATE(struct ahci, port[n].status), STATE(struct ahci, port[n].enable), \
	STATE(struct ahci, port[n].command), STATE(struct ahci, port[n].task), \
	STATE(struct ahci, port[n].control), STATE(struct ahci, port[n].issued), \
	STATE(struct ahci, port[n].halted), STATE(struct ahci, port[n].busy), \
	STATE(struct ahci, port[n].stops), STATE(struct ahci, port[n].slot), \
	STATE(struct ahci, port[n].operation), STATE(struct ahci, port[n].by_port), \
	STATE(struct ahci, port[n].sector), \
	STATE(struct ahci, port[n].table), STATE(struct ahci, port[n].left), \
	STATE(struct ahci, port[n].moved), STATE(struct ahci, port[n].entries), \
	STATE(struct ahci, port[n].entry), STATE(struct ahci, port[n].done), \
	BUS_DRIVE_STATE(struct ahci, port[n].drive)
static const struct state_field ahci_state[] = {
	BUS_FUNCTION_STATE(struct ahci, function), STATE(struct ahci, control),
	STATE(struct ahci, waiting), PORT(0), PORT(1), PORT(2), PORT(3)
};
_Static_assert(AHCI_PORTS == 4, "in the list above");

const struct device device_ahci = {
	"ahci", sizeof(struct ahci), 1, ahci_attach, ahci_reset, ahci_loaded,
	ahci_state, sizeof(ahci_state) / sizeof(ahci_state[0])
};
