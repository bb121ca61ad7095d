/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * Windows of guest-physical memory that are registers of devices. The shadow never
 * maps their pages: each access faults, is decoded (cpu/device.c) and ends here.
 */
#ifndef PREVIRT_BUS_MEMORY_H
#define PREVIRT_BUS_MEMORY_H
#include <stdint.h>

struct bus;

struct bus_memory {
	uint64_t gpa, size;	/* whole pages; memory there is hidden; 0: none */
	void *self;		/* handed to the functions */
	/* @size: 1, 2, 4 or 8 bytes at @offset, not beyond the window's end. */
	uint64_t (*read)(void *self, uint64_t offset, unsigned size);
	void (*write)(void *self, uint64_t offset, unsigned size, uint64_t value);
};

/*
 * Adds a copy of @window, before the guest has mapped the range, or at a flush. Returns -1 if
 * the window overlaps another one or is empty, or there are too many.
 */
int bus_add_memory(struct bus *bus, const struct bus_memory *window);

/* Removes the window at @gpa, if there is one. Memory that it hid appears after a flush. */
void bus_remove_memory(struct bus *bus, uint64_t gpa);

/* bus_find_memory (bus.h) for an address between the limits of all windows. */
const struct bus_memory *bus_search_memory(const struct bus *bus, uint64_t gpa);

/* An access within the window. */
uint64_t bus_read_memory(const struct bus_memory *window, uint64_t gpa, unsigned size);
void bus_write_memory(const struct bus_memory *window, uint64_t gpa, unsigned size,
		      uint64_t value);

#endif
