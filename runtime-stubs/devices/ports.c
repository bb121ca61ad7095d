/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
#include "hpet.h"
#include "ioapic.h"
#include "lapic.h"
#include "ports.h"
#include "../backend/backend.h"

/*
 * In ns. A timer that is always over before the guest runs would be all that
 * ever happens. LIMIT: its interrupts come that far apart at least.
 */
#define TIMER_SHORTEST 100000u

static const struct { const struct ports_range *ranges; const unsigned *count; } devices[] = {
	{ uart8250_ports, &uart8250_ports_count },
	{ i8259_ports, &i8259_ports_count },
	{ i8254_ports, &i8254_ports_count },
	{ cmos_ports, &cmos_ports_count },
	{ pci_ports, &pci_ports_count },
	{ acpi_ports, &acpi_ports_count },
	{ system_ports, &system_ports_count },
};

/* Nobody's port: a kernel writes to 80h to wait a little. */
static uint32_t ports_read_nothing(uint16_t port, int size)
{
	(void)port;
	(void)size;
	return 0xff;
}

static void ports_write_nothing(uint16_t port, int size, uint32_t value)
{
	(void)port;
	(void)size;
	(void)value;
}

static const struct ports_range ports_nothing = {
	0, 0, 0, ports_read_nothing, ports_write_nothing
};

static __attribute__((noinline)) const struct ports_range *ports_search(uint16_t port)
{
	for (unsigned d = 0; d < sizeof(devices) / sizeof(devices[0]); d++)
		for (unsigned i = 0; i < *devices[d].count; i++) {
			const struct ports_range *range = &devices[d].ranges[i];

			if ((uint16_t)(port - range->first) < range->count)
				return range;
		}
	return &ports_nothing;
}

const struct ports_range *ports_find(uint16_t port)
{
	static const struct ports_range *last = &ports_nothing;

	if ((uint16_t)(port - last->first) >= last->count)
		last = ports_search(port);
	return last;
}

uint32_t ports_read(uint16_t port, int size)
{
	const struct ports_range *range = ports_find(port);
	uint32_t value = 0;

	if (size == 1 || range->wide)
		return range->read(port, size);
	for (int i = 0; i < size; i++)
		value |= ports_read(port + i, 1) << (8 * i);
	return value;
}

void ports_write(uint16_t port, int size, uint32_t value)
{
	const struct ports_range *range = ports_find(port);

	if (size == 1 || range->wide) {
		range->write(port, size, value);
		return;
	}
	for (int i = 0; i < size; i++)
		ports_write(port + i, 1, value >> (8 * i) & 0xff);
}

void devices_reset(void)
{
	i8259_reset();
	i8254_reset();
	uart8250_reset();
	cmos_reset();
	pci_reset();
	acpi_reset();
	hpet_reset();
	lapic_reset();
	ioapic_reset();
}

/* The 8259 pair and what is behind it belong to the first processor: the others
   tell it, once, when there is something for it. */
static int ports_told;

void devices_tell_first(void)
{
	if (!backend_vcpu || ports_told)
		return;
	ports_told = 1;
	backend_kick(0);
}

void devices_run(void)
{
	uint64_t now = backend_time();
	uint64_t next = 0, local = lapic_run(now);

	if (!backend_vcpu) {
		ports_told = 0;
		next = i8254_run(now);
		uart8250_run();
	} else if (i8259_waits) {
		devices_tell_first();
	}
	if (!next || (local && local < next))
		next = local;
	if (next && next < now + TIMER_SHORTEST)
		next = now + TIMER_SHORTEST;
	backend_timer_set(next);
}

int devices_interrupt(void)
{
	int vector = lapic_due();

	if (vector >= 0)
		lapic_take(vector);
	else if (lapic_passes_8259())
		vector = i8259_acknowledge();
	i8254_taken();
	return vector;
}

int devices_interrupt_waits(void)
{
	if (lapic_due() >= 0 || (i8259_waits && lapic_passes_8259()))
		return 1;
	if (i8259_waits)
		devices_tell_first();
	return 0;
}
