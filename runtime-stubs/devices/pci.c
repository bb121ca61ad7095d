/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * PCI configuration space, mechanism 1 (ports CF8h and CFCh): a host bridge at
 * 00:00.0, so that the bus is believed in, and nothing else.
 * PCI Local Bus Specification 3.0, 3.2.2.3.
 */
#include "ports.h"

#define HOST_BRIDGE_ID 0x12378086u	/* 82441FX: no driver does anything to it */
#define HOST_BRIDGE_CLASS 0x06000002u

static uint32_t pci_address;

static uint32_t pci_config(void)
{
	if ((pci_address & 0x80ffff00u) != 0x80000000u)
		return ~0u;
	switch (pci_address & 0xfc) {
	case 0: return HOST_BRIDGE_ID;
	case 8: return HOST_BRIDGE_CLASS;
	}
	return 0;
}

static uint32_t pci_read(uint16_t port, int size)
{
	uint32_t value;

	if (port < 0xcfc)
		return size == 4 ? pci_address : 0xffffffffu >> (32 - 8 * size);
	value = pci_config() >> (8 * (port & 3));
	return size == 4 ? value : value & ((1u << 8 * size) - 1);
}

static void pci_write(uint16_t port, int size, uint32_t value)
{
	if (port == 0xcf8 && size == 4)
		pci_address = value;
}

void pci_reset(void)
{
	pci_address = 0;
}

const struct ports_range pci_ports[] = { { 0xcf8, 8, 1, pci_read, pci_write } };
const unsigned pci_ports_count = 1;
