/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * The 8254 interval timer and port 61h (gate and output of channel 2). Channel
 * 0 drives interrupt line 0. Intel 8254 data sheet. Counts are computed from
 * the time when they are read. LIMIT: no BCD; modes 1 and 5 act as 0 and 4.
 *
 * No tick is lost, but in two cases. If the machine has not run for more than a period, the
 * edges of the periods that have passed are signalled one after the other, each after the guest
 * has taken the one before (i8254_taken), so that a kernel that counts ticks counts all of them.
 * They are at least a quarter of a period apart, because kernels measure delays by ticks. The two
 * cases in which such edges are dropped: the line has been masked for a second; the period is so
 * short that the guest would do nothing else.
 */
#include "i8254.h"
#include "../bus/device.h"

#define PORT_GATE 0x61
#define PIT_HZ 1193182ull
#define NS 1000000000ull
#define MASKED_LONG NS
#define SHORT_PERIOD 597u	/* counts: 0.5 ms */
/* Ticks in a ns, times 2^64, rounded down: a multiplication is cheaper than a
   division, and kernels calibrate by how fast they can read a count. */
#define TICKS_PER_NS 22010322987356910ull

struct channel {			/* state */
	uint64_t start;			/* ns, when the count was loaded */
	uint32_t count;			/* 1 to 65536 */
	uint16_t latch;
	uint8_t latched, status, status_latched;
	uint8_t mode, access;		/* access: 1 low, 2 high, 3 both */
	uint8_t read_high, write_high, low;
	uint8_t running, gate;
	uint64_t fired;			/* periods or ends already signalled */
};

struct i8254 {
	/* State. */
	struct channel channel[3];
	uint8_t port61;
	uint8_t pending;			/* 1: periods have passed whose edges were not signalled yet */
	uint64_t masked;		/* ns, when the line was masked; 0: it is not masked */
	uint64_t signalled;		/* ns, the last edge */
	struct bus_source irq;
	struct bus_timer timer;		/* its member `when' is state */
	/* Derived. */
	uint64_t late, dropped;		/* counters, of this run */
};

static void pit_reset(void *self)
{
	struct i8254 *pit = self;

	for (int i = 0; i < 3; i++)
		pit->channel[i] = (struct channel){ .mode = 3, .access = 3, .count = 65536,
						    .gate = i != 2 };
	pit->port61 = pit->pending = 0;
	pit->masked = pit->signalled = 0;
	pit->timer.when = BUS_NEVER;
	bus_set_line(&pit->irq, 0);
}

static uint64_t pit_ticks_in(uint64_t ns)
{
	return (uint64_t)((unsigned __int128)ns * TICKS_PER_NS >> 64);
}

static uint64_t pit_ticks(const struct channel *c, uint64_t now)
{
	return c->running && c->gate ? pit_ticks_in(now - c->start) : 0;
}

/* Returns the time when pit_ticks reaches @ticks. */
static uint64_t pit_time(const struct channel *c, uint64_t ticks)
{
	uint64_t ns = ticks / PIT_HZ * NS + (ticks % PIT_HZ * NS + PIT_HZ - 1) / PIT_HZ;

	return c->start + ns + (pit_ticks_in(ns) < ticks);
}

static int pit_is_periodic(const struct channel *c)
{
	return c->mode == 2 || c->mode == 3;
}

static uint16_t pit_value(const struct channel *c, uint64_t now)
{
	uint64_t ticks = pit_ticks(c, now);

	if (c->mode == 3)
		return c->count - ticks * 2 % c->count;
	if (c->mode == 2)
		return c->count - ticks % c->count;
	return c->count - ticks;
}

static int pit_output(const struct channel *c, uint64_t now)
{
	uint64_t ticks = pit_ticks(c, now);

	switch (c->mode) {
	case 2:
		return ticks % c->count != c->count - 1;
	case 3:
		return ticks % c->count < (c->count + 1) / 2;
	case 4:
	case 5:
		return ticks != c->count;
	}
	return c->running && ticks >= c->count;
}

/* Returns 1 if edges that are overdue are to be dropped: the line was masked for long, or the period
   is too short. */
static int pit_drops(struct i8254 *pit, unsigned line, uint64_t now)
{
	if (!(line & BUS_LINE_MASKED))
		pit->masked = 0;
	else if (!pit->masked)
		pit->masked = now;
	return pit->channel[0].count < SHORT_PERIOD ||
	       (pit->masked && now - pit->masked > MASKED_LONG);
}

/* The earliest time at which another edge may follow the last one. */
static uint64_t pit_again(const struct i8254 *pit)
{
	return pit->signalled + pit->channel[0].count * NS / PIT_HZ / 4;
}

/* Signals an edge. The interrupt controller stores one edge at most. */
static void pit_signal(struct i8254 *pit, uint64_t due, uint64_t now)
{
	struct channel *c = &pit->channel[0];
	unsigned line = bus_look_at_line(&pit->irq);

	if (pit_drops(pit, line, now)) {
		pit->dropped += due - c->fired - 1;
		c->fired = due;
	} else if (!(line & BUS_LINE_WAITS) && (!c->fired || now >= pit_again(pit))) {
		c->fired++;
		pit->late += c->fired != due;
	} else {
		return;
	}
	pit->signalled = now;
	bus_pulse_line(&pit->irq);
}

/* Runs the timer up to @now. Returns the time of the next change of output 0. */
static uint64_t pit_run(void *self, uint64_t now)
{
	struct i8254 *pit = self;
	struct channel *c = &pit->channel[0];
	uint64_t due;

	if (!c->running)
		return BUS_NEVER;
	due = pit_ticks(c, now) / c->count;
	if (!pit_is_periodic(c) && due > 1)
		due = 1;
	if (due > c->fired)
		pit_signal(pit, due, now);
	pit->pending = due > c->fired;
	if (!pit_is_periodic(c) && due)
		return BUS_NEVER;
	if (pit->pending && !(bus_look_at_line(&pit->irq) & BUS_LINE_WAITS))
		return pit_again(pit);
	return pit_time(c, (due + 1) * c->count);
}

void i8254_taken(struct i8254 *pit)
{
	if (pit->pending)
		bus_set_timer(&pit->timer, BUS_NOW);
}

void i8254_statistics(const struct i8254 *pit, uint64_t *late, uint64_t *dropped)
{
	*late = pit->late;
	*dropped = pit->dropped;
}

static void pit_load(struct i8254 *pit, struct channel *c, unsigned value)
{
	c->count = value ? value : 65536;
	c->start = backend_time();
	c->running = 1;
	c->fired = 0;
	if (c != &pit->channel[0])
		return;
	pit->pending = 0;
	bus_set_timer(&pit->timer, pit_time(c, c->count));
}

static void pit_write_count(struct i8254 *pit, struct channel *c, uint8_t value)
{
	if (c->access == 1) {
		pit_load(pit, c, value);
	} else if (c->access == 2) {
		pit_load(pit, c, value << 8);
	} else if (!c->write_high) {
		c->low = value;
		c->write_high = 1;
	} else {
		c->write_high = 0;
		pit_load(pit, c, value << 8 | c->low);
	}
}

static void pit_latch(struct channel *c)
{
	if (c->latched)
		return;
	c->latch = pit_value(c, backend_time());
	c->latched = 1;
}

static void pit_read_back(struct i8254 *pit, uint8_t value)
{
	for (int i = 0; i < 3; i++) {
		struct channel *c = &pit->channel[i];

		if (!(value & 2u << i))
			continue;
		if (!(value & 0x20))
			pit_latch(c);
		if (!(value & 0x10)) {
			c->status = (pit_output(c, backend_time()) ? 0x80 : 0) |
				    (c->running ? 0 : 0x40) | c->access << 4 | c->mode << 1;
			c->status_latched = 1;
		}
	}
}

static void pit_control(struct i8254 *pit, uint8_t value)
{
	struct channel *c = &pit->channel[value >> 6 & 3];

	if (value >> 6 == 3) {
		pit_read_back(pit, value);
		return;
	}
	if (!(value & 0x30)) {
		pit_latch(c);
		return;
	}
	c->access = value >> 4 & 3;
	c->mode = value >> 1 & 7;
	if (c->mode > 5)
		c->mode -= 4;
	c->read_high = c->write_high = c->latched = c->running = 0;
	if (c == &pit->channel[0]) {
		pit->pending = 0;
		bus_set_line(&pit->irq, 0);
		bus_set_timer(&pit->timer, BUS_NEVER);
	}
}

static uint8_t pit_read_count(struct channel *c)
{
	uint16_t value;

	if (c->status_latched) {
		c->status_latched = 0;
		return c->status;
	}
	value = c->latched ? c->latch : pit_value(c, backend_time());
	if (c->access == 1 || c->access == 2) {
		c->latched = 0;
		return c->access == 1 ? value : value >> 8;
	}
	c->read_high = !c->read_high;
	if (c->read_high)
		return value;
	c->latched = 0;
	return value >> 8;
}

static uint32_t pit_read(void *self, uint16_t offset, int size)
{
	struct i8254 *pit = self;

	(void)size;
	return offset == 3 ? 0xff : pit_read_count(&pit->channel[offset]);
}

/* Bit 4 toggles with memory refresh, every 15 us (18 ticks of the same clock). */
static uint32_t pit_read_gate(void *self, uint16_t offset, int size)
{
	struct i8254 *pit = self;
	uint64_t now = backend_time();

	(void)offset;
	(void)size;
	return pit->port61 | (pit_ticks_in(now) / 18 & 1) << 4 |
	       (pit_output(&pit->channel[2], now) ? 0x20 : 0);
}

static void pit_write(void *self, uint16_t offset, int size, uint32_t value)
{
	struct i8254 *pit = self;

	(void)size;
	if (offset == 3)
		pit_control(pit, value);
	else
		pit_write_count(pit, &pit->channel[offset], value);
}

static void pit_write_gate(void *self, uint16_t offset, int size, uint32_t value)
{
	struct i8254 *pit = self;

	(void)offset;
	(void)size;
	if ((value & 1) && !pit->channel[2].gate)
		pit->channel[2].start = backend_time();
	pit->channel[2].gate = value & 1;
	pit->port61 = value & 3;
}

static int pit_attach(void *self, struct bus *bus, const struct device_place *place)
{
	struct i8254 *pit = self;

	pit->timer = (struct bus_timer){ .self = pit, .run = pit_run };
	bus_add_timer(bus, &pit->timer, 0);
	return bus_add_source(bus, &pit->irq, place->line) |
	       bus_add_ports(bus, &(struct bus_ports){ place->at, 4, 0, pit, pit_read, pit_write }) |
	       bus_add_ports(bus, &(struct bus_ports){ PORT_GATE, 1, 0, pit, pit_read_gate,
						       pit_write_gate });
}

static int pit_loaded(void *self)
{
	struct i8254 *pit = self;

	for (int i = 0; i < 3; i++) {
		const struct channel *c = &pit->channel[i];

		if (!c->count || c->count > 65536 || c->mode > 5 || !c->access || c->access > 3)
			return -1;
	}
	return bus_line_loaded(&pit->irq);
}

static const struct state_field pit_state[] = {
	STATE_EACH(struct i8254, channel, start), STATE_EACH(struct i8254, channel, count),
	STATE_EACH(struct i8254, channel, latch), STATE_EACH(struct i8254, channel, latched),
	STATE_EACH(struct i8254, channel, status),
	STATE_EACH(struct i8254, channel, status_latched), STATE_EACH(struct i8254, channel, mode),
	STATE_EACH(struct i8254, channel, access), STATE_EACH(struct i8254, channel, read_high),
	STATE_EACH(struct i8254, channel, write_high), STATE_EACH(struct i8254, channel, low),
	STATE_EACH(struct i8254, channel, running), STATE_EACH(struct i8254, channel, gate),
	STATE_EACH(struct i8254, channel, fired), STATE(struct i8254, port61),
	STATE(struct i8254, pending), STATE(struct i8254, masked), STATE(struct i8254, signalled),
	STATE(struct i8254, irq.level), STATE(struct i8254, timer.when),
};

const struct device device_i8254 = {
	"i8254", sizeof(struct i8254), 1, pit_attach, pit_reset, pit_loaded,
	pit_state, sizeof(pit_state) / sizeof(pit_state[0])
};
