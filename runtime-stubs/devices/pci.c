/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * PCI configuration space, mechanism 1 (ports CF8h and CFCh of a PC): a host bridge at
 * 00:00.0, without which Linux does not believe in the bus, and the functions that
 * other devices have put into slots (bus/pci.h). PCI Local Bus Specification 3.0,
 * 3.2.2.3.
 */
#include "../bus/device.h"

#define HOST_BRIDGE_ID 0x12378086u	/* 82441FX: no driver changes anything on it */
#define HOST_BRIDGE_CLASS 0x06000002u

#define DATA 4			/* CFCh - CF8h */
#define ENABLED 0x80000000u
#define SLOT(address) ((address) >> 11 & 31)
#define OFFSET(address) ((address) & 0xfc)
#define OTHERS 0x7fff0700u	/* other buses, other functions, reserved bits */

struct pci {
	/* State. */
	uint32_t address;
	/* Derived. */
	struct bus *bus;
};

static uint32_t pci_bridge(unsigned offset)
{
	switch (offset) {
	case 0: return HOST_BRIDGE_ID;
	case 8: return HOST_BRIDGE_CLASS;
	}
	return 0;
}

/* Returns the addressed function, or NULL. */
static struct bus_function *pci_function(const struct pci *pci)
{
	unsigned slot = SLOT(pci->address);

	if ((pci->address & (ENABLED | OTHERS)) != ENABLED || slot >= BUS_SLOTS)
		return NULL;
	return pci->bus->function[slot];
}

/* Only an access of 4 bytes is the index register's. The bytes after the first belong to
   other devices otherwise. */
static uint32_t pci_read_address(void *self, uint16_t offset, int size)
{
	(void)offset;
	return size == 4 ? ((const struct pci *)self)->address : 0xffffffffu >> (32 - 8 * size);
}

static void pci_write_address(void *self, uint16_t offset, int size, uint32_t value)
{
	(void)offset;
	if (size == 4)
		((struct pci *)self)->address = value;
}

/* An access that crosses the end of the register is not one of this mechanism. */
static uint32_t pci_read_data(void *self, uint16_t offset, int size)
{
	const struct pci *pci = self;
	struct bus_function *function = pci_function(pci);
	uint32_t value = ~0u;

	if (offset + size > 4)
		return ~0u;
	if (function)
		return bus_read_config(function, OFFSET(pci->address) + offset, size);
	if ((pci->address & 0xffffff00u) == ENABLED)
		value = pci_bridge(OFFSET(pci->address)) >> 8 * offset;
	return size == 4 ? value : value & ((1u << 8 * size) - 1);
}

static void pci_write_data(void *self, uint16_t offset, int size, uint32_t value)
{
	const struct pci *pci = self;
	struct bus_function *function = pci_function(pci);

	if (function && offset + size <= 4)
		bus_write_config(function, OFFSET(pci->address) + offset, size, value);
}

static void pci_reset(void *self)
{
	((struct pci *)self)->address = 0;
}

static int pci_attach(void *self, struct bus *bus, const struct device_place *place)
{
	((struct pci *)self)->bus = bus;
	return bus_add_ports(bus, &(struct bus_ports){ place->at, 1, 1, self, pci_read_address,
						       pci_write_address }) |
	       bus_add_ports(bus, &(struct bus_ports){ place->at + DATA, 4, 1, self, pci_read_data,
						       pci_write_data });
}

static const struct state_field pci_state[] = { STATE(struct pci, address) };

const struct device device_pci = {
	"pci", sizeof(struct pci), 1, pci_attach, pci_reset, NULL, pci_state, 1
};
