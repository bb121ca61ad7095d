/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * The 8254 interval timer and port 61h (gate and output of channel 2). Channel
 * 0 drives interrupt line 0. Intel 8254 data sheet. Counts are computed from
 * the time when asked for. LIMIT: no BCD; modes 1 and 5 act as 0 and 4.
 *
 * No tick is lost. Where this machine did not run for more than a period, the
 * periods that have passed are signalled one after the other, each when the one
 * before it has been taken (i8254_taken), so that a kernel that counts ticks counts
 * them all; a quarter of a period apart, for it may measure its delays by them.
 * They are dropped when the line has been masked for a second, for then
 * nobody counts, and where periods are so short that the guest would do nothing
 * else.
 */
#include "ports.h"
#include "../backend/backend.h"

#define PIT_HZ 1193182ull
#define NS 1000000000ull
#define MASKED_LONG NS
#define SHORT_PERIOD 597u	/* counts: 0.5 ms */
/* Ticks in a ns, times 2^64, rounded down: a multiplication is cheaper than a
   division, and kernels calibrate by how fast they can read a count. */
#define TICKS_PER_NS 22010322987356910ull

struct channel {
	uint64_t start;			/* ns, when the count was loaded */
	uint32_t count;			/* 1 to 65536 */
	uint16_t latch;
	uint8_t latched, status, status_latched;
	uint8_t mode, access;		/* access: 1 low, 2 high, 3 both */
	uint8_t read_high, write_high, low;
	uint8_t running, gate;
	uint64_t fired;			/* periods or ends already signalled */
};

static struct {
	struct channel channel[3];
	uint8_t port61;
	uint8_t owes;			/* periods have passed that are not signalled */
	uint64_t masked;		/* ns, since when the line is; 0: it is not */
	uint64_t signalled;		/* ns, the last edge */
} pit;

uint64_t i8254_late, i8254_dropped;

void i8254_reset(void)
{
	for (int i = 0; i < 3; i++)
		pit.channel[i] = (struct channel){ .mode = 3, .access = 3, .count = 65536,
						   .gate = i != 2 };
	pit.port61 = pit.owes = 0;
	pit.masked = pit.signalled = 0;
}

static uint64_t pit_count(uint64_t ns)
{
	return (uint64_t)((unsigned __int128)ns * TICKS_PER_NS >> 64);
}

static uint64_t pit_ticks(const struct channel *c, uint64_t now)
{
	return c->running && c->gate ? pit_count(now - c->start) : 0;
}

/* When pit_ticks is @ticks, for the first time. */
static uint64_t pit_time(const struct channel *c, uint64_t ticks)
{
	uint64_t ns = ticks / PIT_HZ * NS + (ticks % PIT_HZ * NS + PIT_HZ - 1) / PIT_HZ;

	return c->start + ns + (pit_count(ns) < ticks);
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

static void pit_changed(void)
{
	if (backend_vcpu)
		devices_tell_first();
	else
		devices_run();
}

/* Have the periods before @due been masked away for long, or are they too short? */
static int pit_drops(const struct channel *c, uint64_t now)
{
	if (!i8259_masked(0))
		pit.masked = 0;
	else if (!pit.masked)
		pit.masked = now;
	return c->count < SHORT_PERIOD || (pit.masked && now - pit.masked > MASKED_LONG);
}

/* The first time at which another edge may follow the last one. */
static uint64_t pit_again(const struct channel *c)
{
	return pit.signalled + c->count * NS / PIT_HZ / 4;
}

/* Interrupts are edges, and the controller keeps one of them. */
static void pit_signal(struct channel *c, uint64_t due, uint64_t now)
{
	if (pit_drops(c, now)) {
		i8254_dropped += due - c->fired - 1;
		c->fired = due;
	} else if (!i8259_keeps(0) && (!c->fired || now >= pit_again(c))) {
		c->fired++;
		i8254_late += c->fired != due;
	} else {
		return;
	}
	pit.signalled = now;
	i8259_set(0, 0);
	i8259_set(0, 1);
}

uint64_t i8254_run(uint64_t now)
{
	struct channel *c = &pit.channel[0];
	uint64_t due;

	if (!c->running)
		return 0;
	due = pit_ticks(c, now) / c->count;
	if (!pit_is_periodic(c) && due > 1)
		due = 1;
	if (due > c->fired)
		pit_signal(c, due, now);
	pit.owes = due > c->fired;
	if (!pit_is_periodic(c) && due)
		return 0;
	if (pit.owes && !i8259_keeps(0))
		return pit_again(c);
	return pit_time(c, (due + 1) * c->count);
}

void i8254_taken(void)
{
	if (pit.owes)
		pit_changed();
}

static void pit_load(struct channel *c, unsigned value)
{
	c->count = value ? value : 65536;
	c->start = backend_time();
	c->running = 1;
	c->fired = 0;
	if (c == &pit.channel[0])
		pit_changed();
}

static void pit_write_count(struct channel *c, uint8_t value)
{
	if (c->access == 1) {
		pit_load(c, value);
	} else if (c->access == 2) {
		pit_load(c, value << 8);
	} else if (!c->write_high) {
		c->low = value;
		c->write_high = 1;
	} else {
		c->write_high = 0;
		pit_load(c, value << 8 | c->low);
	}
}

static void pit_latch(struct channel *c)
{
	if (c->latched)
		return;
	c->latch = pit_value(c, backend_time());
	c->latched = 1;
}

static void pit_read_back(uint8_t value)
{
	for (int i = 0; i < 3; i++) {
		struct channel *c = &pit.channel[i];

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

static void pit_control(uint8_t value)
{
	struct channel *c = &pit.channel[value >> 6 & 3];

	if (value >> 6 == 3) {
		pit_read_back(value);
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
	if (c == &pit.channel[0]) {
		i8259_set(0, 0);
		pit_changed();
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

static uint32_t pit_read(uint16_t port, int size)
{
	(void)size;
	return port == 0x43 ? 0xff : pit_read_count(&pit.channel[port - 0x40]);
}

/* Bit 4 toggles with memory refresh, every 15 us (18 ticks of the same clock). */
static uint32_t pit_read_gate(uint16_t port, int size)
{
	uint64_t now = backend_time();

	(void)port;
	(void)size;
	return pit.port61 | (pit_count(now) / 18 & 1) << 4 |
	       (pit_output(&pit.channel[2], now) ? 0x20 : 0);
}

static void pit_write(uint16_t port, int size, uint32_t value)
{
	(void)size;
	if (port == 0x43)
		pit_control(value);
	else
		pit_write_count(&pit.channel[port - 0x40], value);
}

static void pit_write_gate(uint16_t port, int size, uint32_t value)
{
	(void)port;
	(void)size;
	if ((value & 1) && !pit.channel[2].gate)
		pit.channel[2].start = backend_time();
	pit.channel[2].gate = value & 1;
	pit.port61 = value & 3;
}

const struct ports_range i8254_ports[] = {
	{ 0x40, 4, 0, pit_read, pit_write },
	{ 0x61, 1, 0, pit_read_gate, pit_write_gate },
};
const unsigned i8254_ports_count = 2;
