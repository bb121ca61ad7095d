/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * The ways a machine ends but for power-off (acpi.c): reset through the keyboard
 * controller or port CF9h, and the test exit port F4h, whose value is the
 * status. The keyboard controller is absent.
 */
#include "ends.h"
#include "ports.h"
#include "../backend/backend.h"


static uint32_t system_read(uint16_t port, int size)
{
	(void)port;
	return 0xffffffffu >> (32 - 8 * size);
}

static void system_write(uint16_t port, int size, uint32_t value)
{
	(void)size;
	switch (port) {
	case 0x64:
		if (value == 0xfe)
			backend_shutdown(ENDS_RESET);
		break;
	case 0xcf9:
		if (value & 4)
			backend_shutdown(ENDS_RESET);
		break;
	case ENDS_PORT:
		uart8250_run();
		backend_shutdown(ends_guest(value));
	}
}

const struct ports_range system_ports[] = {
	{ 0x64, 1, 0, system_read, system_write },
	{ 0xcf9, 1, 1, system_read, system_write },
	{ ENDS_PORT, 1, 1, system_read, system_write },
};
const unsigned system_ports_count = 3;
