/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * ACPI's fixed registers: power-off, the timer and the power button. ACPI
 * specification 1.0b: 4.7.2.2 (the button), 4.7.3 (registers).
 */
#include "acpi.h"
#include "exit_status.h"
#include "../bus/device.h"

#define SCI_ENABLED 1u			/* there is no other mode */
#define SLEEP_ENABLE 0x2000u
#define POWER_BUTTON 0x100u		/* of the events */
#define TIMER_HZ 3579545ull
#define TIMER_MASK 0xffffffu
#define NS 1000000000ull

struct acpi {
	/* State. */
	uint16_t enabled_events, events;
	struct bus_source irq;
	/* Derived. */
	struct bus *bus;
};

static uint32_t acpi_timer(void)
{
	uint64_t now = backend_time();

	return (now / NS * TIMER_HZ + now % NS * TIMER_HZ / NS) & TIMER_MASK;
}

static uint32_t acpi_read(void *self, uint16_t offset, int size)
{
	const struct acpi *acpi = self;
	uint64_t registers = (uint64_t)SCI_ENABLED << 32 |
			     (uint32_t)acpi->enabled_events << 16 | acpi->events;
	uint32_t value;

	if (offset >= ACPI_TIMER)
		value = acpi_timer() >> (8 * (offset - ACPI_TIMER));
	else
		value = registers >> (8 * offset);
	return size == 4 ? value : value & ((1u << 8 * size) - 1);
}

static void acpi_interrupt(struct acpi *acpi)
{
	bus_set_line(&acpi->irq, acpi->events & acpi->enabled_events);
}

void acpi_power_button(struct acpi *acpi)
{
	acpi->events |= POWER_BUTTON;
	acpi_interrupt(acpi);
}

/* A 1 that is written to a bit of the events clears it. */
static void acpi_write(void *self, uint16_t offset, int size, uint32_t value)
{
	struct acpi *acpi = self;

	if (offset == ACPI_EVENT && size >= 2)
		acpi->events &= ~value;
	if (offset == ACPI_EVENT && size == 4)
		acpi->enabled_events = value >> 16;
	else if (offset == ACPI_EVENT + 2 && size == 2)
		acpi->enabled_events = value;
	acpi_interrupt(acpi);
	if ((offset == ACPI_CONTROL && value & SLEEP_ENABLE) ||
	    (offset == ACPI_CONTROL + 1 && value & SLEEP_ENABLE >> 8))
		bus_end(acpi->bus, EXIT_GOOD);
}

static void acpi_reset(void *self)
{
	struct acpi *acpi = self;

	acpi->enabled_events = acpi->events = 0;
	acpi_interrupt(acpi);
}

static int acpi_attach(void *self, struct bus *bus, const struct device_place *place)
{
	struct acpi *acpi = self;

	acpi->bus = bus;
	return bus_add_source(bus, &acpi->irq, place->line) |
	       bus_add_ports(bus, &(struct bus_ports){ place->at, ACPI_PORTS, 1, acpi, acpi_read,
						       acpi_write });
}

static int acpi_loaded(void *self)
{
	return bus_line_loaded(&((struct acpi *)self)->irq);
}

static const struct state_field acpi_state[] = {
	STATE(struct acpi, enabled_events), STATE(struct acpi, events),
	STATE(struct acpi, irq.level),
};

const struct device device_acpi = {
	"acpi", sizeof(struct acpi), 1, acpi_attach, acpi_reset, acpi_loaded,
	acpi_state, sizeof(acpi_state) / sizeof(acpi_state[0])
};
