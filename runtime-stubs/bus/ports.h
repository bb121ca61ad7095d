/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/* Windows of I/O ports. */
#ifndef PREVIRT_BUS_PORTS_H
#define PREVIRT_BUS_PORTS_H
#include <stdint.h>

struct bus;

/* The ports [first, first + count) of one device. */
struct bus_ports {
	uint16_t first, count;
	uint8_t wide;		/* takes accesses of 2 and 4 bytes; else they become single
				   bytes */
	void *self;		/* handed to the functions */
	/* @size: 1 byte, or 1, 2 or 4 if wide, at the port first + @offset. An access
	   of a wide window may reach beyond its end. */
	uint32_t (*read)(void *self, uint16_t offset, int size);
	void (*write)(void *self, uint16_t offset, int size, uint32_t value);
};

/* Adds a copy of @window. -1: it overlaps another one, is empty, or there are too many. */
int bus_add_ports(struct bus *bus, const struct bus_ports *window);

/* Removes the window that begins at @first. */
void bus_remove_ports(struct bus *bus, uint16_t first);

/* Returns the window of @port. A port without a device has a window, too: it reads as all
   ones and ignores writes. The address stays valid. */
const struct bus_ports *bus_find_ports(struct bus *bus, uint16_t port);

/* An access of 1, 2 or 4 bytes by the guest. */
uint32_t bus_read_port(struct bus *bus, uint16_t port, int size);
void bus_write_port(struct bus *bus, uint16_t port, int size, uint32_t value);

#endif
