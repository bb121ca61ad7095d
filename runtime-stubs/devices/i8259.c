/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * Two 8259A interrupt controllers, cascaded on line 2. Intel 8259A data sheet.
 * LIMIT: no rotation of priorities, no buffered or special fully nested mode.
 */
#include "ioapic.h"
#include "ports.h"
#include "../backend/backend.h"

struct i8259 {
	uint8_t irr, isr, imr, lines, edge_seen;
	uint8_t vector, icw, icw4, read_isr, elcr, poll, special_mask;
};

static struct i8259 pics[2];
uint8_t i8259_waits;

void i8259_reset(void)
{
	pics[0] = pics[1] = (struct i8259){ .imr = 0xff };
	i8259_waits = 0;
}

/* The most urgent line that beats what is in service, or -1. */
static int i8259_due(const struct i8259 *pic)
{
	unsigned wanting = pic->irr & ~pic->imr;
	unsigned serving, first;

	if (!wanting)
		return -1;
	serving = pic->special_mask ? pic->isr & ~pic->imr : pic->isr;
	first = wanting & -wanting;
	return serving & (first | (first - 1)) ? -1 : __builtin_ctz(first);
}

static void i8259_set_line(struct i8259 *pic, unsigned line, int level)
{
	uint8_t bit = 1u << line;

	if (pic->elcr & bit) {
		pic->irr = level ? pic->irr | bit : pic->irr & ~bit;
	} else if (level && !(pic->lines & bit)) {
		pic->irr |= bit;
	} else if (!level) {
		pic->irr &= ~bit;
	}
	pic->lines = level ? pic->lines | bit : pic->lines & ~bit;
}

/* Something has changed: what the second one wants, and what both do. */
static void i8259_changed(void)
{
	int second = i8259_due(&pics[1]) >= 0;

	if (second || pics[0].lines & 4)
		i8259_set_line(&pics[0], 2, 0);
	if (second)
		i8259_set_line(&pics[0], 2, 1);
	i8259_waits = i8259_due(&pics[0]) >= 0;
}

void i8259_set(unsigned irq, int level)
{
	struct i8259 *pic = &pics[irq >> 3];
	uint8_t bit = 1u << (irq & 7);

	if (backend_vcpus > 1)
		ioapic_set(irq, level);
	if (!(pic->lines & bit) == !level && !(pic->elcr & bit))
		return;		/* no edge */
	i8259_set_line(pic, irq & 7, level);
	i8259_changed();
}

int i8259_masked(unsigned irq)
{
	return pics[irq >> 3].imr >> (irq & 7) & 1 &&
	       (backend_vcpus == 1 || ioapic_masked(irq));
}

/* A kernel that uses the I/O APIC may leave the line open here, where nobody takes
   it then. */
int i8259_keeps(unsigned irq)
{
	if (backend_vcpus > 1 && !ioapic_masked(irq))
		return ioapic_keeps(irq);
	return pics[irq >> 3].irr >> (irq & 7) & 1;
}

static void i8259_take(struct i8259 *pic, int line)
{
	if (!(pic->icw4 & 2))		/* automatic end of interrupt */
		pic->isr |= 1u << line;
	if (!(pic->elcr & 1u << line))
		pic->irr &= ~(1u << line);
}

int i8259_acknowledge(void)
{
	int line = i8259_due(&pics[0]);
	int vector;

	if (line < 0)
		return -1;
	i8259_take(&pics[0], line);
	if (line != 2) {
		i8259_changed();
		return pics[0].vector + line;
	}
	line = i8259_due(&pics[1]);
	if (line < 0) {
		vector = pics[1].vector + 7;	/* spurious */
	} else {
		i8259_take(&pics[1], line);
		vector = pics[1].vector + line;
	}
	i8259_changed();
	return vector;
}

static void i8259_end(struct i8259 *pic, uint8_t command)
{
	if (command & 0x40) {			/* specific */
		pic->isr &= ~(1u << (command & 7));
		return;
	}
	pic->isr &= pic->isr - 1;		/* the most urgent one */
}

static void i8259_command(struct i8259 *pic, uint8_t value)
{
	if (value & 0x10) {			/* ICW1 */
		*pic = (struct i8259){ .icw = 2, .icw4 = 0, .lines = pic->lines,
				       .elcr = pic->elcr };
		pic->poll = value & 1;		/* ICW4 will come */
		return;
	}
	if (value & 0x08) {			/* OCW3 */
		if (value & 2)
			pic->read_isr = value & 1;
		if (value & 0x40)
			pic->special_mask = !!(value & 0x20);
		return;
	}
	if (value & 0x20)			/* OCW2 with EOI */
		i8259_end(pic, value);
}

static void i8259_data(struct i8259 *pic, uint8_t value)
{
	switch (pic->icw) {
	case 2:
		pic->vector = value & 0xf8;
		pic->icw = 3;
		return;
	case 3:
		pic->icw = pic->poll ? 4 : 0;
		return;
	case 4:
		pic->icw4 = value;
		pic->icw = 0;
		return;
	}
	pic->imr = value;
}

static uint32_t i8259_read(uint16_t port, int size)
{
	struct i8259 *pic = &pics[port >> 7 & 1];

	(void)size;
	if (port >= 0x4d0)
		return pics[port & 1].elcr;
	if (port & 1)
		return pic->imr;
	return pic->read_isr ? pic->isr : pic->irr;
}

static void i8259_write(uint16_t port, int size, uint32_t value)
{
	struct i8259 *pic = &pics[port >> 7 & 1];

	(void)size;
	if (port >= 0x4d0)
		pics[port & 1].elcr = value & (port & 1 ? 0xde : 0xf8);
	else if (port & 1)
		i8259_data(pic, value);
	else
		i8259_command(pic, value);
	i8259_changed();
}

const struct ports_range i8259_ports[] = {
	{ 0x20, 2, 0, i8259_read, i8259_write },
	{ 0xa0, 2, 0, i8259_read, i8259_write },
	{ 0x4d0, 2, 0, i8259_read, i8259_write },
};
const unsigned i8259_ports_count = 3;
