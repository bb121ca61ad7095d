/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * Reset by the keyboard controller and by port CF9h, and the test exit port F4h, whose
 * value is the exit status. Power-off is in acpi.c. The keyboard controller itself is
 * absent.
 */
#include "exit_status.h"
#include "../bus/device.h"

#define RESET_PULSE 0xfe	/* of the keyboard controller's command port */
#define RESET_PORT 0xcf9
#define RESET_NOW 4		/* of RESET_PORT */

struct system {
	struct bus *bus;	/* derived; it has no state */
};

static uint32_t system_read(void *self, uint16_t offset, int size)
{
	(void)self;
	(void)offset;
	return 0xffffffffu >> (32 - 8 * size);
}

static void system_write_keyboard(void *self, uint16_t offset, int size, uint32_t value)
{
	(void)offset;
	(void)size;
	if (value == RESET_PULSE)
		bus_end(((struct system *)self)->bus, EXIT_RESET);
}

static void system_write_reset(void *self, uint16_t offset, int size, uint32_t value)
{
	(void)offset;
	(void)size;
	if (value & RESET_NOW)
		bus_end(((struct system *)self)->bus, EXIT_RESET);
}

static void system_write_end(void *self, uint16_t offset, int size, uint32_t value)
{
	(void)offset;
	(void)size;
	bus_end(((struct system *)self)->bus, exit_status_of_guest(value));
}

static void system_reset(void *self)
{
	(void)self;
}

static int system_attach(void *self, struct bus *bus, const struct device_place *place)
{
	((struct system *)self)->bus = bus;
	return bus_add_ports(bus, &(struct bus_ports){ place->at, 1, 0, self, system_read,
						       system_write_keyboard }) |
	       bus_add_ports(bus, &(struct bus_ports){ RESET_PORT, 1, 1, self, system_read,
						       system_write_reset }) |
	       bus_add_ports(bus, &(struct bus_ports){ EXIT_PORT, 1, 1, self, system_read,
						       system_write_end });
}

const struct device device_system = {
	"system", sizeof(struct system), 1, system_attach, system_reset, NULL, NULL, 0
};
