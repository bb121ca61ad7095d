/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
#include "bus.h"
#include <stddef.h>

static void memory_find_limits(struct bus *bus)
{
	uint64_t low = ~(uint64_t)0, high = 0;

	for (unsigned i = 0; i < bus->memory_windows; i++) {
		const struct bus_memory *window = &bus->memory[i];

		if (window->size && window->gpa < low)
			low = window->gpa;
		if (window->size && window->gpa + window->size > high)
			high = window->gpa + window->size;
	}
	bus->memory_low = low;
	bus->memory_high = high;
}

int bus_add_memory(struct bus *bus, const struct bus_memory *window)
{
	uint64_t end = window->gpa + window->size;
	unsigned place = bus->memory_windows;

	if (end <= window->gpa)
		return -1;
	for (unsigned i = 0; i < bus->memory_windows; i++) {
		if (!bus->memory[i].size)
			place = i;
		else if (window->gpa - bus->memory[i].gpa < bus->memory[i].size ||
			 bus->memory[i].gpa - window->gpa < window->size)
			return -1;
	}
	if (place == BUS_MEMORY_WINDOWS)
		return -1;
	bus->memory_windows += place == bus->memory_windows;
	bus->memory[place] = *window;
	memory_find_limits(bus);
	return 0;
}

/* The functions stay valid, because an access may be in progress. */
void bus_remove_memory(struct bus *bus, uint64_t gpa)
{
	for (unsigned i = 0; i < bus->memory_windows; i++)
		if (bus->memory[i].gpa == gpa)
			bus->memory[i].size = 0;
	memory_find_limits(bus);
}

const struct bus_memory *bus_search_memory(const struct bus *bus, uint64_t gpa)
{
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
