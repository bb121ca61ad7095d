/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * The PCI bus: slots with one function each, their configuration, the windows of memory
 * and of ports that their base address registers (BARs) place, and their interrupts, by
 * line (INTA) or by message (MSI-X). PCI Local Bus Specification 3.0, 6.1, 6.2, 6.8.2.
 *
 * Must not know: what the functions are; how configuration is reached (devices/pci.c).
 * LIMIT: one bus, one function in each slot; BARs are of memory below 4 GiB, without
 * prefetching, or of ports from BUS_PORTS_LEAST on; no MSI but MSI-X, no power management.
 */
#ifndef PREVIRT_BUS_PCI_H
#define PREVIRT_BUS_PCI_H
#include "lines.h"

#define BUS_SLOTS 10u
#define BUS_BARS 6u
#define BUS_CONFIG 256u		/* bytes */
#define BUS_VECTORS 4u
#define BUS_VECTOR_WORDS 4u

/* Where BARs may be, and the lines of INTA: what the ACPI tables say as well. Memory
   that reaches there hides them. */
#define BUS_BARS_START 0xe0000000u
#define BUS_BARS_END 0xfec00000u
#define BUS_PORTS_START 0xc000u
/* A site whose port is one byte remembers the window of it. */
#define BUS_PORTS_LEAST 0x100u
#define BUS_INTA 10u		/* of even slots; of odd ones the next */
static inline unsigned bus_slot_line(unsigned slot)
{
	return BUS_INTA + (slot & 1);
}

enum {				/* offsets in the configuration */
	PCI_VENDOR = 0x00, PCI_DEVICE = 0x02, PCI_COMMAND = 0x04, PCI_STATUS = 0x06,
	PCI_REVISION = 0x08, PCI_CLASS = 0x09, PCI_BAR = 0x10, PCI_SUBSYSTEM_VENDOR = 0x2c,
	PCI_SUBSYSTEM = 0x2e, PCI_CAPABILITIES = 0x34, PCI_LINE = 0x3c, PCI_PIN = 0x3d,
	PCI_FIRST_CAPABILITY = 0x40
};
#define PCI_COMMAND_PORTS 1u
#define PCI_COMMAND_MEMORY 2u
#define PCI_COMMAND_MASTER 4u
#define PCI_COMMAND_NO_INTA (1u << 10)

struct bus;

struct bus_function {
	/* State. */
	uint8_t config[BUS_CONFIG];
	uint32_t vector[BUS_VECTORS][BUS_VECTOR_WORDS];	/* the table as the guest sees it */
	uint32_t waiting;		/* by vector: a message that was masked */
	uint8_t inta;			/* wanted, whether it may be or not */
	struct bus_source irq;
	/* Derived, by bus_add_function and what follows. */
	uint8_t writable[BUS_CONFIG];
	struct bus *bus;
	struct bus_bar {
		void *self;
		uint64_t (*read)(void *self, uint64_t offset, unsigned size);
		void (*write)(void *self, uint64_t offset, unsigned size, uint64_t value);
		uint32_t size, at;	/* @at: where it is now, or 0 */
	} bar[BUS_BARS];
	uint32_t home[BUS_BARS];	/* where firmware puts it */
	uint8_t msix, vectors, last_capability, free;
	uint8_t port_bars;		/* by bit: the BAR is of ports */
	uint32_t fixed;			/* a sum of what is fixed in config */
	/* An access to configuration from @window on, of BUS_WINDOW_BYTES, is the
	   function's own: before it is read, behind its write. NULL: there is none. */
	void (*window_read)(void *self);
	void (*window_write)(void *self);
	void *window_self;
	uint8_t window;
};
#define BUS_WINDOW_BYTES 4u

/* What a function says of itself. */
struct bus_identity {
	uint16_t vendor, device, subsystem;
	uint8_t revision;
	uint32_t class;			/* base class, subclass, interface */
};

/* @function, zeroed, is in @slot. -1: there is no such slot, or it is taken. */
int bus_add_function(struct bus *bus, struct bus_function *function, unsigned slot,
		     const struct bus_identity *identity);

/* Its BAR @number leads to @size bytes, a power of two of at least 4096; the functions
   as in struct bus_memory. -1: there is no room. */
int bus_add_bar(struct bus_function *function, unsigned number, const struct bus_bar *bar);

/* The same with 4 to 256 ports. Its functions get accesses of 1, 2 or 4 bytes, which may
   reach beyond its end. */
int bus_add_port_bar(struct bus_function *function, unsigned number, const struct bus_bar *bar);

/* Called when configuration has been written: BARs are where it has them. */
void bus_bars_changed(struct bus_function *function);

/* A capability of @size bytes with its id first; the link is filled in. Gives its
   offset in the configuration, or 0: there is no room. */
unsigned bus_add_capability(struct bus_function *function, const void *capability, unsigned size);

/* MSI-X with @vectors of them, its table in BAR @number. -1: there is no room. */
int bus_add_vectors(struct bus_function *function, unsigned number, unsigned vectors);

/* As firmware leaves it: BARs placed and open, no interrupt by message. */
void bus_reset_function(struct bus_function *function);

/* The state has been read. -1: it cannot be this function's. */
int bus_function_loaded(struct bus_function *function);

/* An access of 1, 2 or 4 bytes at @offset, not beyond the end. */
uint32_t bus_read_config(struct bus_function *function, unsigned offset, unsigned size);
void bus_write_config(struct bus_function *function, unsigned offset, unsigned size,
		      uint32_t value);

/* A number of @size bytes in it, whatever the guest may write. */
void bus_put_config(struct bus_function *function, unsigned offset, unsigned size,
		    uint32_t value);

/* May the function reach memory by itself? The guest's word. */
int bus_is_master(const struct bus_function *function);

/* Interrupts by message are on: INTA is not used then, and vice versa. */
int bus_vectors_on(const struct bus_function *function);
void bus_set_inta(struct bus_function *function, int level);
/* A message by @vector; none if there is no such vector. */
void bus_raise_vector(struct bus_function *function, unsigned vector);
/* Called when configuration has been written, and at a reset. */
void bus_vectors_changed(struct bus_function *function);
void bus_reset_vectors(struct bus_function *function);

/* The state of a function at @path of a structure. */
#define BUS_FUNCTION_STATE(type, path) \
	STATE_ARRAY(type, path.config), \
	{ offsetof(type, path.vector), BUS_VECTORS * BUS_VECTOR_WORDS, 4, 4 }, \
	STATE(type, path.waiting), STATE(type, path.inta), STATE(type, path.irq.level)

#endif
