/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * The I/O APIC: 24 inputs, of which the first 16 are the lines of the 8259 pair.
 * Intel 82093AA data sheet. It is there when there are several processors.
 * LIMIT: inputs are active high, whatever the polarity says; fixed, lowest
 * priority and NMI deliveries only.
 */
#include "ioapic.h"
#include "lapic.h"
#include "../backend/backend.h"

#define PINS 24u
#define SELECT 0x00
#define WINDOW 0x10
enum { ID = 0, VERSION = 1, ARBITRATION = 2, REDIRECTION = 0x10 };
#define VERSION_VALUE (0x11u | (PINS - 1) << 16)

#define LEVEL (1ull << 15)
#define MASKED (1ull << 16)
#define REMOTE_IRR (1ull << 14)	/* a level is being served */
#define READ_ONLY (REMOTE_IRR | 1ull << 12)

static struct {
	uint64_t pin[PINS];
	uint32_t lines, select, id;
} ioapic;

void ioapic_reset(void)
{
	for (unsigned i = 0; i < PINS; i++)
		ioapic.pin[i] = MASKED;
	ioapic.lines = ioapic.select = 0;
	ioapic.id = backend_vcpus << 24;
}

static void ioapic_deliver(unsigned pin)
{
	uint64_t entry = ioapic.pin[pin];

	if (entry & MASKED || (entry & LEVEL && entry & REMOTE_IRR))
		return;
	if (entry & LEVEL)
		ioapic.pin[pin] |= REMOTE_IRR;
	lapic_deliver(entry, entry >> 56);
}

int ioapic_masked(unsigned pin)
{
	return !!(ioapic.pin[pin] & MASKED);
}

int ioapic_keeps(unsigned pin)
{
	return !ioapic_masked(pin) && lapic_requested(ioapic.pin[pin] & 0xff);
}

void ioapic_set(unsigned pin, int level)
{
	uint32_t bit = 1u << pin, before = ioapic.lines;

	ioapic.lines = level ? before | bit : before & ~bit;
	if (level && (ioapic.pin[pin] & LEVEL || !(before & bit)))
		ioapic_deliver(pin);
}

void ioapic_end(unsigned vector)
{
	for (unsigned i = 0; i < PINS; i++) {
		if ((ioapic.pin[i] & 0xff) != vector || !(ioapic.pin[i] & REMOTE_IRR))
			continue;
		ioapic.pin[i] &= ~REMOTE_IRR;
		if (ioapic.lines >> i & 1)
			ioapic_deliver(i);
	}
}

uint64_t ioapic_read(void *self, uint64_t offset, unsigned size)
{
	unsigned pin = (ioapic.select - REDIRECTION) / 2;

	(void)self;
	(void)size;
	if (offset == SELECT)
		return ioapic.select;
	if (offset != WINDOW)
		return 0;
	switch (ioapic.select) {
	case ID:
	case ARBITRATION:
		return ioapic.id;
	case VERSION:
		return VERSION_VALUE;
	}
	if (ioapic.select < REDIRECTION || pin >= PINS)
		return 0;
	return (uint32_t)(ioapic.pin[pin] >> (ioapic.select & 1 ? 32 : 0));
}

static void ioapic_write_pin(unsigned pin, unsigned high, uint32_t value)
{
	uint64_t *entry = &ioapic.pin[pin];

	if (high)
		*entry = (uint32_t)*entry | (uint64_t)value << 32;
	else
		*entry = (*entry & (0xffffffff00000000ull | READ_ONLY)) |
			 (value & 0x1ffff & ~READ_ONLY);
	if (!(*entry & LEVEL))
		*entry &= ~REMOTE_IRR;
	else if (ioapic.lines >> pin & 1)
		ioapic_deliver(pin);
}

void ioapic_write(void *self, uint64_t offset, unsigned size, uint64_t value)
{
	unsigned pin = (ioapic.select - REDIRECTION) / 2;

	(void)self;
	(void)size;
	if (offset == SELECT)
		ioapic.select = value & 0xff;
	else if (offset == WINDOW && ioapic.select == ID)
		ioapic.id = value & 0x0f000000;
	else if (offset == WINDOW && ioapic.select >= REDIRECTION && pin < PINS)
		ioapic_write_pin(pin, ioapic.select & 1, value);
}
