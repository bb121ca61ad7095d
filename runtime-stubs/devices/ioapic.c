/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * The I/O APIC: 24 inputs, of which the first 16 are the lines of the 8259 pair.
 * Intel 82093AA data sheet. It is there when there are several processors.
 * LIMIT: inputs are active high, whatever the polarity says; fixed, lowest
 * priority and NMI deliveries only.
 */
#include "../bus/device.h"

#define IOAPIC_SIZE 4096u
#define PINS BUS_LINES
#define SELECT 0x00
#define WINDOW 0x10
enum { ID = 0, VERSION = 1, ARBITRATION = 2, REDIRECTION = 0x10 };
#define VERSION_VALUE (0x11u | (PINS - 1) << 16)

#define LEVEL (1ull << 15)
#define MASKED (1ull << 16)
#define REMOTE_IRR (1ull << 14)	/* a level interrupt is in service */
#define READ_ONLY (REMOTE_IRR | 1ull << 12)

struct ioapic {
	/* State. */
	uint64_t pin[PINS];
	uint32_t lines, select, id;
	/* Derived. */
	struct bus *bus;
};

static void ioapic_reset(void *self)
{
	struct ioapic *ioapic = self;

	for (unsigned i = 0; i < PINS; i++)
		ioapic->pin[i] = MASKED;
	ioapic->lines = ioapic->select = 0;
	ioapic->id = backend_vcpus << 24;
}

static void ioapic_deliver(struct ioapic *ioapic, unsigned pin)
{
	const struct bus_messages *to = &ioapic->bus->messages;
	uint64_t entry = ioapic->pin[pin];

	if (entry & MASKED || (entry & LEVEL && entry & REMOTE_IRR))
		return;
	if (entry & LEVEL)
		ioapic->pin[pin] |= REMOTE_IRR;
	to->deliver(to->locals, entry, entry >> 56);
}

static unsigned ioapic_look(void *self, unsigned pin)
{
	const struct ioapic *ioapic = self;
	const struct bus_messages *to = &ioapic->bus->messages;

	if (ioapic->pin[pin] & MASKED)
		return BUS_LINE_MASKED;
	return to->waits(to->locals, ioapic->pin[pin] & 0xff) ? BUS_LINE_WAITS : 0;
}

static void ioapic_set(void *self, unsigned pin, enum bus_level level)
{
	struct ioapic *ioapic = self;
	uint32_t bit = 1u << pin, before = level == BUS_PULSE ? ioapic->lines & ~bit : ioapic->lines;

	ioapic->lines = level ? before | bit : before & ~bit;
	if (level && (ioapic->pin[pin] & LEVEL || !(before & bit)))
		ioapic_deliver(ioapic, pin);
}

static void ioapic_end(void *self, unsigned vector)
{
	struct ioapic *ioapic = self;

	for (unsigned i = 0; i < PINS; i++) {
		if ((ioapic->pin[i] & 0xff) != vector || !(ioapic->pin[i] & REMOTE_IRR))
			continue;
		ioapic->pin[i] &= ~REMOTE_IRR;
		if (ioapic->lines >> i & 1)
			ioapic_deliver(ioapic, i);
	}
}

static uint64_t ioapic_read(void *self, uint64_t offset, unsigned size)
{
	const struct ioapic *ioapic = self;
	unsigned pin = (ioapic->select - REDIRECTION) / 2;

	(void)size;
	if (offset == SELECT)
		return ioapic->select;
	if (offset != WINDOW)
		return 0;
	switch (ioapic->select) {
	case ID:
	case ARBITRATION:
		return ioapic->id;
	case VERSION:
		return VERSION_VALUE;
	}
	if (ioapic->select < REDIRECTION || pin >= PINS)
		return 0;
	return (uint32_t)(ioapic->pin[pin] >> (ioapic->select & 1 ? 32 : 0));
}

static void ioapic_write_pin(struct ioapic *ioapic, unsigned pin, unsigned high, uint32_t value)
{
	uint64_t *entry = &ioapic->pin[pin];

	if (high)
		*entry = (uint32_t)*entry | (uint64_t)value << 32;
	else
		*entry = (*entry & (0xffffffff00000000ull | READ_ONLY)) |
			 (value & 0x1ffff & ~READ_ONLY);
	if (!(*entry & LEVEL))
		*entry &= ~REMOTE_IRR;
	else if (ioapic->lines >> pin & 1)
		ioapic_deliver(ioapic, pin);
}

static void ioapic_write(void *self, uint64_t offset, unsigned size, uint64_t value)
{
	struct ioapic *ioapic = self;
	unsigned pin = (ioapic->select - REDIRECTION) / 2;

	(void)size;
	if (offset == SELECT)
		ioapic->select = value & 0xff;
	else if (offset == WINDOW && ioapic->select == ID)
		ioapic->id = value & 0x0f000000;
	else if (offset == WINDOW && ioapic->select >= REDIRECTION && pin < PINS)
		ioapic_write_pin(ioapic, pin, ioapic->select & 1, value);
}

/* A machine of one processor has none. */
static int ioapic_attach(void *self, struct bus *bus, const struct device_place *place)
{
	struct ioapic *ioapic = self;

	ioapic->bus = bus;
	if (backend_vcpus == 1)
		return 0;
	bus->messages.io = ioapic;
	bus->messages.end = ioapic_end;
	return bus_add_sink(bus, &(struct bus_sink){ ioapic, ioapic_set, ioapic_look }) |
	       bus_add_memory(bus, &(struct bus_memory){ place->at, IOAPIC_SIZE, ioapic,
							 ioapic_read, ioapic_write });
}

static const struct state_field ioapic_state[] = {
	STATE_ARRAY(struct ioapic, pin), STATE(struct ioapic, lines),
	STATE(struct ioapic, select), STATE(struct ioapic, id),
};

const struct device device_ioapic = {
	"ioapic", sizeof(struct ioapic), 1, ioapic_attach, ioapic_reset, NULL,
	ioapic_state, sizeof(ioapic_state) / sizeof(ioapic_state[0])
};
