/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/* Base address registers: PCI Local Bus Specification 3.0, 6.2.5. */
#include "bus.h"
#include "../iface/memory.h"
#include <string.h>

#define BAR_OF_PORTS 1u
#define PORTS_END 0x10000u

static void bar_set(struct bus_function *function, unsigned number, const struct bus_bar *bar,
		    uint32_t home)
{
	uint32_t mask = -bar->size;

	function->bar[number] = *bar;
	function->bar[number].at = 0;
	function->home[number] = home;
	memcpy(function->writable + PCI_BAR + 4 * number, &mask, 4);
}

int bus_add_bar(struct bus_function *function, unsigned number, const struct bus_bar *bar)
{
	struct bus *bus = function->bus;
	uint32_t last = bus->bars ? bus->bars : BUS_BARS_END;

	if (number >= BUS_BARS || bar->size < BACKEND_PAGE || bar->size & (bar->size - 1) ||
	    last < BUS_BARS_START + 2 * bar->size)
		return -1;
	bus->bars = (last - bar->size) & -bar->size;
	bar_set(function, number, bar, bus->bars);
	return 0;
}

int bus_add_port_bar(struct bus_function *function, unsigned number, const struct bus_bar *bar)
{
	struct bus *bus = function->bus;
	uint32_t first = bus->port_bars ? bus->port_bars : BUS_PORTS_START;

	first = (first + bar->size - 1) & -bar->size;
	if (number >= BUS_BARS || bar->size < 4 || bar->size > 256 || bar->size & (bar->size - 1) ||
	    first + bar->size > PORTS_END)
		return -1;
	bus->port_bars = first + bar->size;
	bar_set(function, number, bar, first | BAR_OF_PORTS);
	function->port_bars |= 1u << number;
	function->writable[PCI_COMMAND] |= PCI_COMMAND_PORTS;
	return 0;
}

static uint32_t bar_get(const struct bus_function *function, unsigned number)
{
	uint32_t value;

	memcpy(&value, function->config + PCI_BAR + 4 * number, sizeof(value));
	return value;
}

static int bar_is_of_ports(const struct bus_function *function, unsigned number)
{
	return function->port_bars >> number & 1;
}

/* Returns the address of BAR @number, or 0: it is mapped nowhere. Where guest memory is, a
   BAR is not mapped. */
static uint32_t bar_wanted(const struct bus_function *function, unsigned number)
{
	uint32_t at = bar_get(function, number);
	uint32_t last = at + function->bar[number].size - 1;

	if (bar_is_of_ports(function, number))
		return function->config[PCI_COMMAND] & PCI_COMMAND_PORTS &&
		       at >= BUS_PORTS_LEAST && at < PORTS_END ? at & ~BAR_OF_PORTS : 0;
	if (!(function->config[PCI_COMMAND] & PCI_COMMAND_MEMORY) || !at || last < at ||
	    backend_is_memory(at) || backend_is_memory(last))
		return 0;
	return at;
}

static uint32_t bar_read_port(void *self, uint16_t offset, int size)
{
	const struct bus_bar *bar = self;

	return bar->read(bar->self, offset, size);
}

static void bar_write_port(void *self, uint16_t offset, int size, uint32_t value)
{
	const struct bus_bar *bar = self;

	bar->write(bar->self, offset, size, value);
}

static int bar_open(struct bus *bus, struct bus_bar *bar, int of_ports)
{
	if (of_ports)
		return bus_add_ports(bus, &(struct bus_ports){
				bar->at, bar->size, 1, bar, bar_read_port, bar_write_port });
	return bus_add_memory(bus, &(struct bus_memory){
			bar->at, bar->size, bar->self, bar->read, bar->write });
}

/* LIMIT: a BAR that overlaps another device is mapped nowhere until it is moved again. */
static void bar_place(struct bus_function *function, unsigned number)
{
	struct bus_bar *bar = &function->bar[number];
	uint32_t wanted = bar_wanted(function, number);
	int of_ports = bar_is_of_ports(function, number);

	if (!bar->size || bar->at == wanted)
		return;
	if (bar->at && of_ports)
		bus_remove_ports(function->bus, bar->at);
	else if (bar->at)
		bus_remove_memory(function->bus, bar->at);
	bar->at = wanted;
	if (wanted && bar_open(function->bus, bar, of_ports))
		bar->at = 0;
}

void bus_bars_changed(struct bus_function *function)
{
	for (unsigned i = 0; i < BUS_BARS; i++)
		bar_place(function, i);
}
