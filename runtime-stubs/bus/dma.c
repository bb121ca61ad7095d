/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
#include "bus.h"
#include "../iface/memory.h"
#include <string.h>

/* Returns 1 if a device's window hides a part of the range. */
static int dma_is_hidden(const struct bus *bus, uint64_t gpa, uint64_t last)
{
	if (last < bus->memory_low || gpa >= bus->memory_high)
		return 0;
	for (unsigned i = 0; i < bus->memory_windows; i++)
		if (bus->memory[i].gpa <= last && gpa < bus->memory[i].gpa + bus->memory[i].size)
			return 1;
	return 0;
}

void *bus_dma(const struct bus *bus, uint64_t gpa, uint64_t size)
{
	uint64_t last = gpa + size - 1;

	if (!size || last < gpa || !backend_is_memory(gpa) || !backend_is_memory(last))
		return NULL;
	/* Guest memory has two parts: below and above the hole under 4 GiB. */
	if ((gpa < backend_low_bytes) != (last < backend_low_bytes))
		return NULL;
	return dma_is_hidden(bus, gpa, last) ? NULL : backend_guest(gpa);
}

int bus_dma_read(const struct bus *bus, uint64_t gpa, void *to, size_t size)
{
	const void *from = bus_dma(bus, gpa, size);

	if (!from)
		return -1;
	memcpy(to, from, size);
	return 0;
}

int bus_dma_write(const struct bus *bus, uint64_t gpa, const void *from, size_t size)
{
	void *to = bus_dma(bus, gpa, size);

	if (!to)
		return -1;
	memcpy(to, from, size);
	return 0;
}
