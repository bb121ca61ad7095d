/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
#include "bus.h"
#include <stddef.h>

int bus_add_memory(struct bus *bus, const struct bus_memory *window)
{
	uint64_t last = window->gpa + window->size - 1;

	if (bus->memory_windows == BUS_MEMORY_WINDOWS || !window->size || last < window->gpa)
		return -1;
	for (unsigned i = 0; i < bus->memory_windows; i++)
		if (window->gpa - bus->memory[i].gpa < bus->memory[i].size ||
		    bus->memory[i].gpa - window->gpa < window->size)
			return -1;
	if (!bus->memory_windows || window->gpa < bus->memory_low)
		bus->memory_low = window->gpa;
	if (last + 1 > bus->memory_high)
		bus->memory_high = last + 1;
	bus->memory[bus->memory_windows++] = *window;
	return 0;
}

const struct bus_memory *bus_find_memory(const struct bus *bus, uint64_t gpa)
{
	if (gpa < bus->memory_low || gpa >= bus->memory_high)
		return NULL;
	for (unsigned i = 0; i < bus->memory_windows; i++)
		if (gpa - bus->memory[i].gpa < bus->memory[i].size)
			return &bus->memory[i];
	return NULL;
}

uint64_t bus_read_memory(const struct bus_memory *window, uint64_t gpa, unsigned size)
{
	uint64_t value = window->read(window->self, gpa - window->gpa, size);

	return size == 8 ? value : value & ((1ull << size * 8) - 1);
}

void bus_write_memory(const struct bus_memory *window, uint64_t gpa, unsigned size,
		      uint64_t value)
{
	window->write(window->self, gpa - window->gpa, size, value);
}
