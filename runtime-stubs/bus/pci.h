/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * The PCI bus: slots with one function each, their configuration, the windows of
 * memory and ports that their base address registers (BARs) place, and their
 * interrupts, by line (INTA) or by message (MSI-X). PCI Local Bus Specification 3.0,
 * 6.1, 6.2, 6.8.2.
 *
 * Must not know: what the functions are; how configuration is reached (devices/pci.c).
 * LIMIT: one bus, one function in each slot. A BAR is of memory below 4 GiB, not
 * prefetchable, or of ports from BUS_PORTS_LEAST on. MSI-X but not MSI. No power
 * management.
 */
#ifndef PREVIRT_BUS_PCI_H
#define PREVIRT_BUS_PCI_H
#include "lines.h"

#define BUS_SLOTS 10u
#define BUS_BARS 6u
#define BUS_CONFIG 256u		/* bytes */
#define BUS_VECTORS 4u
#define BUS_VECTOR_WORDS 4u

/* The addresses for BARs, and the lines of INTA. The ACPI tables say the same. Guest memory
   that reaches there hides the BARs. */
#define BUS_BARS_START 0xe0000000u
#define BUS_BARS_END 0xfec00000u
#define BUS_PORTS_START 0xc000u
/* A site that accesses one byte remembers the window of its port. */
#define BUS_PORTS_LEAST 0x100u
#define BUS_INTA 10u		/* of even slots; odd slots have the next line */
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
	uint32_t waiting;		/* by vector: its message is pending because it is
					   masked */
	uint8_t inta;			/* the device requests it, even while it is disabled */
	struct bus_source irq;
	/* Derived: set by bus_add_function and the functions after it. */
	uint8_t writable[BUS_CONFIG];
	struct bus *bus;
	struct bus_bar {
		void *self;
		uint64_t (*read)(void *self, uint64_t offset, unsigned size);
		void (*write)(void *self, uint64_t offset, unsigned size, uint64_t value);
		uint32_t size, at;	/* @at: the address, or 0: not mapped */
	} bar[BUS_BARS];
	uint32_t home[BUS_BARS];	/* the address that firmware gives it */
	uint8_t msix, vectors, last_capability, free;
	uint8_t port_bars;		/* by bit: the BAR is of ports */
	uint32_t fixed;			/* a checksum of the read-only bytes of config */
	/* The configuration bytes from @window on, BUS_WINDOW_BYTES, are the function's own:
	   it is called before they are read and after they are written. NULL: none. */
	void (*window_read)(void *self);
	void (*window_write)(void *self);
	void *window_self;
	uint8_t window;
};
#define BUS_WINDOW_BYTES 4u

/* The identification of a function. */
struct bus_identity {
	uint16_t vendor, device, subsystem;
	uint8_t revision;
	uint32_t class;			/* base class, subclass, interface */
};

/* Puts @function, zeroed, into @slot. -1: there is no such slot, or it is taken. */
int bus_add_function(struct bus *bus, struct bus_function *function, unsigned slot,
		     const struct bus_identity *identity);

/* BAR @number of @function leads to @size bytes, a power of two of at least 4096. The
   functions are as in struct bus_memory. -1: there is no room. */
int bus_add_bar(struct bus_function *function, unsigned number, const struct bus_bar *bar);

/* The same for 4 to 256 ports. The functions get accesses of 1, 2 or 4 bytes, which may
   reach beyond the end. */
int bus_add_port_bar(struct bus_function *function, unsigned number, const struct bus_bar *bar);

/* Configuration has been written: maps the BARs at their present addresses. */
void bus_bars_changed(struct bus_function *function);

/* Adds a capability of @size bytes that begins with its id. The link is set here. Returns
   its offset in the configuration; 0: there is no room. */
unsigned bus_add_capability(struct bus_function *function, const void *capability, unsigned size);

/* Adds MSI-X with @vectors vectors; the table is in BAR @number. -1: there is no room. */
int bus_add_vectors(struct bus_function *function, unsigned number, unsigned vectors);

/* Resets the function to the state that firmware leaves: BARs placed and enabled, MSI-X
   disabled. */
void bus_reset_function(struct bus_function *function);

/* The state has been read. -1: it is not valid for this function. */
int bus_function_loaded(struct bus_function *function);

/* An access of 1, 2 or 4 bytes at @offset, not beyond the end. */
uint32_t bus_read_config(struct bus_function *function, unsigned offset, unsigned size);
void bus_write_config(struct bus_function *function, unsigned offset, unsigned size,
		      uint32_t value);

/* Sets a number of @size bytes, also where the guest cannot write. */
void bus_put_config(struct bus_function *function, unsigned offset, unsigned size,
		    uint32_t value);

/* Returns 1 if the guest has made the function a bus master: it may access memory. */
int bus_is_master(const struct bus_function *function);

/* Returns 1 if MSI-X is enabled. INTA is not used then, and vice versa. */
int bus_vectors_on(const struct bus_function *function);
void bus_set_inta(struct bus_function *function, int level);
/* Sends the message of @vector. It does nothing if there is no such vector. */
void bus_raise_vector(struct bus_function *function, unsigned vector);
/* Called after configuration was written, and at a reset. */
void bus_vectors_changed(struct bus_function *function);
void bus_reset_vectors(struct bus_function *function);

/* The state of a function at @path of a structure. */
#define BUS_FUNCTION_STATE(type, path) \
	STATE_ARRAY(type, path.config), \
	{ offsetof(type, path.vector), BUS_VECTORS * BUS_VECTOR_WORDS, 4, 4 }, \
	STATE(type, path.waiting), STATE(type, path.inta), STATE(type, path.irq.level)

#endif
