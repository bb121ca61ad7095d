/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
#include "board.h"
#include "devices.h"
#include "places.h"
#include "../devices/acpi.h"
#include "../devices/i8254.h"
#include "../devices/i8259.h"
#include "../devices/lapic.h"

const struct board_device board_devices[BOARD_DEVICES] = {
#define DEVICE(name, at, line) { &device_##name, { at, line } },
#include "devices.def"
#undef DEVICE
};

const char *board_start(void)
{
	unsigned taken = 0;

	for (unsigned i = 0; i < BOARD_DEVICES; i++) {
		const struct device *device = board_devices[i].device;

		if (device->size > sizeof(board_vm.memory) - 8 * taken)
			return device->name;
		board_vm.self[i] = &board_vm.memory[taken];
		taken += (device->size + 7) / 8;
		if (device->attach(board_vm.self[i], &board_vm.bus, &board_devices[i].place))
			return device->name;
	}
	for (unsigned i = 0; i < BOARD_DEVICES; i++)
		board_devices[i].device->reset(board_vm.self[i]);
	return NULL;
}

void board_running_started(void)
{
	lapic_start(board_vm.self[BOARD_lapic]);
}

int board_interrupt(void)
{
	struct lapic *lapic = board_vm.self[BOARD_lapic];
	int vector = lapic_due(lapic);

	if (vector >= 0)
		lapic_take(lapic, vector);
	else if (lapic_passes_8259(lapic))
		vector = i8259_acknowledge(board_vm.self[BOARD_i8259]);
	i8254_taken(board_vm.self[BOARD_i8254]);
	return vector;
}

/* The 8259 pair, and all lines that reach only it, interrupt the first processor. */
int board_interrupt_waits(void)
{
	struct lapic *lapic = board_vm.self[BOARD_lapic];

	if (lapic_due(lapic) >= 0 || (board_vm.bus.interrupt && lapic_passes_8259(lapic)))
		return 1;
	if (board_vm.bus.interrupt)
		bus_tell_first(&board_vm.bus);
	return 0;
}

int board_nmi_waits(void)
{
	return lapic_nmi_waits(board_vm.self[BOARD_lapic]);
}

int board_take_nmi(void)
{
	return lapic_take_nmi(board_vm.self[BOARD_lapic]);
}

void board_power_button(void)
{
	acpi_power_button(board_vm.self[BOARD_acpi]);
}

void board_count_ticks(uint64_t *late, uint64_t *dropped)
{
	*late = *dropped = 0;
	if (board_vm.self[BOARD_i8254])
		i8254_statistics(board_vm.self[BOARD_i8254], late, dropped);
}
