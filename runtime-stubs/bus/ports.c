/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
#include "bus.h"

/* Kernels write to port 80h for a short delay. */
static uint32_t ports_read_none(void *self, uint16_t offset, int size)
{
	(void)self;
	(void)offset;
	(void)size;
	return 0xff;
}

static void ports_write_none(void *self, uint16_t offset, int size, uint32_t value)
{
	(void)self;
	(void)offset;
	(void)size;
	(void)value;
}

static const struct bus_ports ports_none = {
	.read = ports_read_none, .write = ports_write_none
};

int bus_add_ports(struct bus *bus, const struct bus_ports *window)
{
	unsigned place = bus->port_windows;

	if (!window->count || window->first + window->count > 0x10000)
		return -1;
	for (unsigned i = 0; i < bus->port_windows; i++) {
		if (!bus->ports[i].count)
			place = i;
		else if (window->first < bus->ports[i].first + bus->ports[i].count &&
			 bus->ports[i].first < window->first + window->count)
			return -1;
	}
	if (place == BUS_PORT_WINDOWS)
		return -1;
	bus->port_windows += place == bus->port_windows;
	bus->ports[place] = *window;
	return 0;
}

/* The functions stay valid, because an access may be in progress. */
void bus_remove_ports(struct bus *bus, uint16_t first)
{
	for (unsigned i = 0; i < bus->port_windows; i++)
		if (bus->ports[i].first == first)
			bus->ports[i].count = 0;
}

static __attribute__((noinline)) const struct bus_ports *ports_search(struct bus *bus,
								      uint16_t port)
{
	for (unsigned i = 0; i < bus->port_windows; i++)
		if ((uint16_t)(port - bus->ports[i].first) < bus->ports[i].count)
			return bus->last_ports = &bus->ports[i];
	return &ports_none;
}

const struct bus_ports *bus_find_ports(struct bus *bus, uint16_t port)
{
	const struct bus_ports *last = bus->last_ports;

	return last && (uint16_t)(port - last->first) < last->count ? last : ports_search(bus, port);
}

uint32_t bus_read_port(struct bus *bus, uint16_t port, int size)
{
	const struct bus_ports *window = bus_find_ports(bus, port);
	uint32_t value = 0;

	if (size == 1 || window->wide)
		return window->read(window->self, port - window->first, size);
	for (int i = 0; i < size; i++)
		value |= bus_read_port(bus, port + i, 1) << (8 * i);
	return value;
}

void bus_write_port(struct bus *bus, uint16_t port, int size, uint32_t value)
{
	const struct bus_ports *window = bus_find_ports(bus, port);

	if (size == 1 || window->wide) {
		window->write(window->self, port - window->first, size, value);
		return;
	}
	for (int i = 0; i < size; i++)
		bus_write_port(bus, port + i, 1, value >> (8 * i) & 0xff);
}
