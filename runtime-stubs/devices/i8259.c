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

void i8259_reset(void)
{
	pics[0] = pics[1] = (struct i8259){ .imr = 0xff };
}

/* The most urgent line that beats what is in service, or -1. */
static int i8259_due(const struct i8259 *pic)
{
	uint8_t wanting = pic->irr & ~pic->imr;
	uint8_t serving;

	if (!wanting)
		return -1;
	serving = pic->special_mask ? pic->isr & ~pic->imr : pic->isr;

	for (int line = 0; line < 8; line++) {
		if (serving & 1u << line)
			return -1;
		if (wanting & 1u << line)
			return line;
	}
	return -1;
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

static void i8259_cascade(void)
{
	i8259_set_line(&pics[0], 2, 0);
	if (i8259_due(&pics[1]) >= 0)
		i8259_set_line(&pics[0], 2, 1);
}

void i8259_set(unsigned irq, int level)
{
	i8259_set_line(&pics[irq >> 3], irq & 7, level);
	i8259_cascade();
	if (backend_vcpus > 1)
		ioapic_set(irq, level);
}

int i8259_pending(void)
{
	return i8259_due(&pics[0]) >= 0;
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
	if (line != 2)
		return pics[0].vector + line;
	line = i8259_due(&pics[1]);
	if (line < 0) {
		vector = pics[1].vector + 7;	/* spurious */
	} else {
		i8259_take(&pics[1], line);
		vector = pics[1].vector + line;
	}
	i8259_cascade();
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
	i8259_cascade();
}

const struct ports_range i8259_ports[] = {
	{ 0x20, 2, 0, i8259_read, i8259_write },
	{ 0xa0, 2, 0, i8259_read, i8259_write },
	{ 0x4d0, 2, 0, i8259_read, i8259_write },
};
const unsigned i8259_ports_count = 3;
