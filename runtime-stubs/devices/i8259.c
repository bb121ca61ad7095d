/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * Two 8259A interrupt controllers, cascaded on line 2. Intel 8259A data sheet.
 * LIMIT: no rotation of priorities, no buffered or special fully nested mode.
 */
#include "i8259.h"
#include "../bus/device.h"

#define SECOND 0xa0		/* ports of a PC */
#define ELCR 0x4d0
#define I8259_LINES 16u

struct chip {				/* state */
	uint8_t irr, isr, imr, lines;
	uint8_t vector, icw, icw4, read_isr, elcr, expects_icw4, special_mask;
};

struct i8259 {
	struct chip chip[2];
	/* Derived; bus->interrupt as well. */
	struct bus *bus;
};

static void i8259_reset(void *self)
{
	struct i8259 *pics = self;

	pics->chip[0] = pics->chip[1] = (struct chip){ .imr = 0xff };
	pics->bus->interrupt = 0;
}

/* Returns the requested line of highest priority above those in service, or -1. */
static inline __attribute__((always_inline)) int i8259_due(const struct chip *pic)
{
	unsigned wanting = pic->irr & ~pic->imr;
	unsigned serving, first;

	if (!wanting)
		return -1;
	serving = pic->special_mask ? pic->isr & ~pic->imr : pic->isr;
	first = wanting & -wanting;
	return serving & (first | (first - 1)) ? -1 : __builtin_ctz(first);
}

static void i8259_set_line(struct chip *pic, unsigned line, int level)
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

/* After a change: updates the second chip's output, then that of both. */
static inline __attribute__((always_inline)) void i8259_update(struct i8259 *pics)
{
	int second = i8259_due(&pics->chip[1]) >= 0;

	if (second || pics->chip[0].lines & 4)
		i8259_set_line(&pics->chip[0], 2, 0);
	if (second)
		i8259_set_line(&pics->chip[0], 2, 1);
	pics->bus->interrupt = i8259_due(&pics->chip[0]) >= 0;
}

static __attribute__((noinline)) void i8259_changed(struct i8259 *pics)
{
	i8259_update(pics);
}

static void i8259_set(void *self, unsigned line, enum bus_level level)
{
	struct i8259 *pics = self;
	struct chip *pic = &pics->chip[line >> 3];

	if (line >= I8259_LINES)
		return;
	if (level == BUS_PULSE)
		i8259_set_line(pic, line & 7, 0);
	i8259_set_line(pic, line & 7, level);
	i8259_update(pics);
}

static unsigned i8259_look(void *self, unsigned line)
{
	const struct i8259 *pics = self;
	const struct chip *pic = &pics->chip[line >> 3 & 1];
	uint8_t bit = 1u << (line & 7);

	if (line >= I8259_LINES)
		return BUS_LINE_MASKED;
	return (pic->imr & bit ? BUS_LINE_MASKED : 0) | (pic->irr & bit ? BUS_LINE_WAITS : 0);
}

static void i8259_take(struct chip *pic, int line)
{
	if (!(pic->icw4 & 2))		/* automatic end of interrupt */
		pic->isr |= 1u << line;
	if (!(pic->elcr & 1u << line))
		pic->irr &= ~(1u << line);
}

int i8259_acknowledge(struct i8259 *pics)
{
	int line = i8259_due(&pics->chip[0]);
	int vector;

	if (line < 0)
		return -1;
	i8259_take(&pics->chip[0], line);
	if (line != 2) {
		i8259_changed(pics);
		return pics->chip[0].vector + line;
	}
	line = i8259_due(&pics->chip[1]);
	if (line < 0) {
		vector = pics->chip[1].vector + 7;	/* spurious */
	} else {
		i8259_take(&pics->chip[1], line);
		vector = pics->chip[1].vector + line;
	}
	i8259_changed(pics);
	return vector;
}

static void i8259_end(struct chip *pic, uint8_t command)
{
	if (command & 0x40) {			/* specific */
		pic->isr &= ~(1u << (command & 7));
		return;
	}
	pic->isr &= pic->isr - 1;		/* the most urgent one */
}

static void i8259_command(struct chip *pic, uint8_t value)
{
	if (value & 0x10) {			/* ICW1 */
		*pic = (struct chip){ .icw = 2, .icw4 = 0, .lines = pic->lines,
				      .elcr = pic->elcr, .irr = pic->lines & pic->elcr };
		pic->expects_icw4 = value & 1;
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

static void i8259_data(struct chip *pic, uint8_t value)
{
	switch (pic->icw) {
	case 2:
		pic->vector = value & 0xf8;
		pic->icw = 3;
		return;
	case 3:
		pic->icw = pic->expects_icw4 ? 4 : 0;
		return;
	case 4:
		pic->icw4 = value;
		pic->icw = 0;
		return;
	}
	pic->imr = value;
}

static inline uint32_t i8259_read_chip(const struct chip *pic, uint16_t offset)
{
	if (offset & 1)
		return pic->imr;
	return pic->read_isr ? pic->isr : pic->irr;
}

static inline void i8259_write_chip(struct i8259 *pics, unsigned which, uint16_t offset,
				    uint32_t value)
{
	if (offset & 1)
		i8259_data(&pics->chip[which], value);
	else
		i8259_command(&pics->chip[which], value);
	i8259_changed(pics);
}

static uint32_t i8259_read_first(void *self, uint16_t offset, int size)
{
	(void)size;
	return i8259_read_chip(&((struct i8259 *)self)->chip[0], offset);
}

static void i8259_write_first(void *self, uint16_t offset, int size, uint32_t value)
{
	(void)size;
	i8259_write_chip(self, 0, offset, value);
}

static uint32_t i8259_read_second(void *self, uint16_t offset, int size)
{
	(void)size;
	return i8259_read_chip(&((struct i8259 *)self)->chip[1], offset);
}

static void i8259_write_second(void *self, uint16_t offset, int size, uint32_t value)
{
	(void)size;
	i8259_write_chip(self, 1, offset, value);
}

static uint32_t i8259_read_elcr(void *self, uint16_t offset, int size)
{
	(void)size;
	return ((struct i8259 *)self)->chip[offset & 1].elcr;
}

/* A line that becomes level-triggered requests an interrupt if it is high now. */
static void i8259_write_elcr(void *self, uint16_t offset, int size, uint32_t value)
{
	struct i8259 *pics = self;
	struct chip *pic = &pics->chip[offset & 1];

	(void)size;
	pic->elcr = value & (offset & 1 ? 0xde : 0xf8);
	pic->irr = (pic->irr & ~pic->elcr) | (pic->lines & pic->elcr);
	i8259_changed(pics);
}

static int i8259_attach(void *self, struct bus *bus, const struct device_place *place)
{
	struct i8259 *pics = self;

	pics->bus = bus;
	return bus_add_sink(bus, &(struct bus_sink){ pics, i8259_set, i8259_look }) |
	       bus_add_ports(bus, &(struct bus_ports){ place->at, 2, 0, pics, i8259_read_first,
						       i8259_write_first }) |
	       bus_add_ports(bus, &(struct bus_ports){ SECOND, 2, 0, pics, i8259_read_second,
						       i8259_write_second }) |
	       bus_add_ports(bus, &(struct bus_ports){ ELCR, 2, 0, pics, i8259_read_elcr,
						       i8259_write_elcr });
}

static int i8259_loaded(void *self)
{
	struct i8259 *pics = self;

	pics->bus->interrupt = i8259_due(&pics->chip[0]) >= 0;
	return 0;
}

#define CHIP(part) STATE_EACH(struct i8259, chip, part)
static const struct state_field i8259_state[] = {
	CHIP(irr), CHIP(isr), CHIP(imr), CHIP(lines), CHIP(vector), CHIP(icw), CHIP(icw4),
	CHIP(read_isr), CHIP(elcr), CHIP(expects_icw4), CHIP(special_mask),
};

const struct device device_i8259 = {
	"i8259", sizeof(struct i8259), 1, i8259_attach, i8259_reset, i8259_loaded,
	i8259_state, sizeof(i8259_state) / sizeof(i8259_state[0])
};
