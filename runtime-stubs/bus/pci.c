/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
#include "bus.h"
#include <string.h>

#define STATUS_INTERRUPT 8u
#define STATUS_CAPABILITIES 0x10u
#define COMMAND_WRITABLE (PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER | PCI_COMMAND_NO_INTA)

static uint32_t pci_get(const uint8_t *config, unsigned offset, unsigned size)
{
	uint32_t value = 0;

	memcpy(&value, config + offset, size);
	return value;
}

void bus_put_config(struct bus_function *function, unsigned offset, unsigned size,
		    uint32_t value)
{
	memcpy(function->config + offset, &value, size);
}

static void pci_identify(struct bus_function *function, const struct bus_identity *identity)
{
	bus_put_config(function, PCI_VENDOR, 2, identity->vendor);
	bus_put_config(function, PCI_DEVICE, 2, identity->device);
	bus_put_config(function, PCI_REVISION, 1, identity->revision);
	bus_put_config(function, PCI_CLASS, 3, identity->class);
	bus_put_config(function, PCI_SUBSYSTEM_VENDOR, 2, identity->vendor);
	bus_put_config(function, PCI_SUBSYSTEM, 2, identity->subsystem);
	bus_put_config(function, PCI_PIN, 1, 1);
}

int bus_add_function(struct bus *bus, struct bus_function *function, unsigned slot,
		     const struct bus_identity *identity)
{
	static const uint32_t command = COMMAND_WRITABLE;

	if (slot >= BUS_SLOTS || bus->function[slot])
		return -1;
	bus->function[slot] = function;
	function->bus = bus;
	function->free = PCI_FIRST_CAPABILITY;
	pci_identify(function, identity);
	memcpy(function->writable + PCI_COMMAND, &command, 2);
	function->writable[PCI_LINE] = 0xff;
	return bus_add_source(bus, &function->irq, bus_slot_line(slot));
}

unsigned bus_add_capability(struct bus_function *function, const void *capability, unsigned size)
{
	unsigned at = function->free, room = (size + 3) & ~3u;

	if (at + room >= BUS_CONFIG)
		return 0;
	memcpy(function->config + at, capability, size);
	function->config[at + 1] = 0;
	function->config[function->last_capability ? function->last_capability + 1 :
			 PCI_CAPABILITIES] = at;
	function->last_capability = at;
	function->free = at + room;
	bus_put_config(function, PCI_STATUS, 2, STATUS_CAPABILITIES);
	return at;
}

int bus_is_master(const struct bus_function *function)
{
	return !!(function->config[PCI_COMMAND] & PCI_COMMAND_MASTER);
}

static void pci_drive_inta(struct bus_function *function)
{
	int masked = function->config[PCI_COMMAND + 1] & PCI_COMMAND_NO_INTA >> 8;

	bus_set_line(&function->irq, function->inta && !masked && !bus_vectors_on(function));
}

void bus_set_inta(struct bus_function *function, int level)
{
	function->inta = !!level;
	pci_drive_inta(function);
}

static void pci_changed(struct bus_function *function)
{
	bus_bars_changed(function);
	pci_drive_inta(function);
	bus_vectors_changed(function);
}

/* Returns 1 if the access touches the function's own window. */
static int pci_in_window(const struct bus_function *function, unsigned offset, unsigned size)
{
	return function->window && offset < function->window + BUS_WINDOW_BYTES &&
	       function->window < offset + size;
}

uint32_t bus_read_config(struct bus_function *function, unsigned offset, unsigned size)
{
	uint32_t value;

	if (pci_in_window(function, offset, size))
		function->window_read(function->window_self);
	value = pci_get(function->config, offset, size);
	if (function->inta && offset <= PCI_STATUS && PCI_STATUS < offset + size)
		value |= STATUS_INTERRUPT << 8 * (PCI_STATUS - offset);
	return value;
}

void bus_write_config(struct bus_function *function, unsigned offset, unsigned size,
		      uint32_t value)
{
	for (unsigned i = 0; i < size; i++, value >>= 8) {
		uint8_t mask = function->writable[offset + i];

		function->config[offset + i] = (function->config[offset + i] & ~mask) |
					       (value & mask);
	}
	pci_changed(function);
	if (pci_in_window(function, offset, size))
		function->window_write(function->window_self);
}

static uint32_t pci_fixed(const struct bus_function *function)
{
	uint32_t sum = 0;

	for (unsigned i = 0; i < BUS_CONFIG; i++)
		sum = sum * 31 + (function->config[i] & ~function->writable[i]);
	return sum;
}

void bus_reset_function(struct bus_function *function)
{
	for (unsigned i = 0; i < BUS_CONFIG; i++)
		function->config[i] &= ~function->writable[i];
	bus_put_config(function, PCI_COMMAND, 2,
		       PCI_COMMAND_MEMORY | (function->port_bars ? PCI_COMMAND_PORTS : 0));
	bus_put_config(function, PCI_LINE, 1, function->irq.line);
	for (unsigned i = 0; i < BUS_BARS; i++)
		bus_put_config(function, PCI_BAR + 4 * i, 4, function->home[i]);
	function->fixed = pci_fixed(function);
	bus_reset_vectors(function);
	function->inta = 0;
	pci_changed(function);
}

int bus_function_loaded(struct bus_function *function)
{
	if (pci_fixed(function) != function->fixed || function->inta > 1)
		return -1;
	bus_bars_changed(function);
	return bus_line_loaded(&function->irq);
}
