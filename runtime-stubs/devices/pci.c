/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * PCI configuration space, mechanism 1 (ports CF8h and CFCh of a PC): a host bridge at
 * 00:00.0, so that the bus is believed in, and nothing else.
 * PCI Local Bus Specification 3.0, 3.2.2.3.
 */
#include "../bus/device.h"

#define HOST_BRIDGE_ID 0x12378086u	/* 82441FX: no driver does anything to it */
#define HOST_BRIDGE_CLASS 0x06000002u

#define DATA 4			/* CFCh - CF8h */

struct pci {
	/* State. */
	uint32_t address;
};

static uint32_t pci_config(uint32_t address)
{
	if ((address & 0x80ffff00u) != 0x80000000u)
		return ~0u;
	switch (address & 0xfc) {
	case 0: return HOST_BRIDGE_ID;
	case 8: return HOST_BRIDGE_CLASS;
	}
	return 0;
}

/* All four bytes at once; a byte behind the first may be another device's. */
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

static uint32_t pci_read_data(void *self, uint16_t offset, int size)
{
	uint32_t value = pci_config(((const struct pci *)self)->address) >> (8 * offset);

	return size == 4 ? value : value & ((1u << 8 * size) - 1);
}

static void pci_write_data(void *self, uint16_t offset, int size, uint32_t value)
{
	(void)self;
	(void)offset;
	(void)size;
	(void)value;
}

static void pci_reset(void *self)
{
	((struct pci *)self)->address = 0;
}

static int pci_attach(void *self, struct bus *bus, const struct device_place *place)
{
	return bus_add_ports(bus, &(struct bus_ports){ place->at, 1, 1, self, pci_read_address,
						       pci_write_address }) |
	       bus_add_ports(bus, &(struct bus_ports){ place->at + DATA, 4, 1, self, pci_read_data,
						       pci_write_data });
}

static const struct state_field pci_state[] = { STATE(struct pci, address) };

const struct device device_pci = {
	"pci", sizeof(struct pci), 1, pci_attach, pci_reset, NULL, pci_state, 1
};
