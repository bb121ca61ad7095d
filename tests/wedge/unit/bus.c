/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * The bus: windows and their overlaps, lines with several sources and sinks, timers
 * of two processors. The devices are this program's own.
 */
#include "machine.h"
#include <string.h>

static struct bus bus;
static struct { uint16_t offset; int size; uint32_t value; } seen;

static uint32_t port_read(void *self, uint16_t offset, int size)
{
	(void)size;
	return *(uint32_t *)self + offset;
}

static void port_write(void *self, uint16_t offset, int size, uint32_t value)
{
	(void)self;
	seen.offset = offset;
	seen.size = size;
	seen.value = seen.value << 8 | (value & 0xff);
}

static int add(unsigned first, unsigned count, int wide, uint32_t *self)
{
	return bus_add_ports(&bus, &(struct bus_ports){ first, count, wide, self, port_read,
							port_write });
}

static void test_ports(void)
{
	static uint32_t narrow = 0x10, wide = 0x11223344;

	memset(&bus, 0, sizeof(bus));
	expect("no device at all", bus_read_port(&bus, 0x80, 4) == 0xffffffff);
	expect("two windows", !add(0x100, 4, 0, &narrow) && !add(0x104, 1, 1, &wide));
	expect("overlaps", add(0x103, 1, 0, &narrow) && add(0xff, 2, 0, &narrow) &&
	       add(0x80, 0x100, 0, &narrow) && add(0x104, 1, 0, &narrow));
	expect("beside one another", !add(0xfe, 2, 0, &narrow) && !add(0x105, 1, 0, &narrow));
	expect("empty, or beyond the last port", add(0x200, 0, 0, &narrow) &&
	       add(0xffff, 2, 0, &narrow) && !add(0xffff, 1, 0, &narrow));
	expect("the offset", bus_read_port(&bus, 0x102, 1) == 0x12);
	expect("byte by byte, into the next window", bus_read_port(&bus, 0x103, 1) == 0x13 &&
	       bus_read_port(&bus, 0x101, 2) == 0x1211 &&
	       (bus_read_port(&bus, 0x102, 4) & 0xffff) == 0x1312);
	expect("all at once", bus_read_port(&bus, 0x104, 4) == 0x11223344);
	expect("nobody's", bus_read_port(&bus, 0x106, 1) == 0xff);
	seen.value = 0;
	bus_write_port(&bus, 0x100, 4, 0xa1b2c3d4);
	expect("written byte by byte", seen.value == 0xd4c3b2a1 && seen.size == 1 && seen.offset == 3);
	bus_write_port(&bus, 0x104, 2, 0x55);
	expect("written at once", seen.size == 2 && seen.offset == 0);
	seen.size = 0;
	bus_write_port(&bus, 0x300, 4, 0);
	expect("nobody's, written", seen.size == 0 && bus_find_ports(&bus, 0x300)->count == 0);
	for (unsigned i = 0; i < BUS_PORT_WINDOWS; i++)
		add(0x1000 + i, 1, 0, &narrow);
	expect("too many", bus.port_windows == BUS_PORT_WINDOWS && add(0x2000, 1, 0, &narrow));
}

static uint64_t memory_read(void *self, uint64_t offset, unsigned size)
{
	(void)size;
	return *(uint64_t *)self + offset;
}

static void memory_write(void *self, uint64_t offset, unsigned size, uint64_t value)
{
	(void)size;
	*(uint64_t *)self = value + offset;
}

static int map(uint64_t gpa, uint64_t size, uint64_t *self)
{
	return bus_add_memory(&bus, &(struct bus_memory){ gpa, size, self, memory_read, memory_write });
}

static void test_memory(void)
{
	static uint64_t a = 0x1122334455667788, b;
	const struct bus_memory *window;

	memset(&bus, 0, sizeof(bus));
	expect("no window", !bus_find_memory(&bus, 0) && !bus_find_memory(&bus, ~0ull));
	expect("two", !map(0x10000, 0x2000, &a) && !map(0x8000, 0x1000, &b));
	expect("overlaps", map(0x11000, 0x1000, &b) && map(0xf000, 0x2000, &b) &&
	       map(0x8000, 0x9000, &b) && map(0x10000, 0x2000, &b));
	expect("empty, or beyond the end", map(0x20000, 0, &b) && map(~0xfffull, 0x2000, &b));
	expect("limits", bus.memory_low == 0x8000 && bus.memory_high == 0x12000);
	window = bus_find_memory(&bus, 0x11fff);
	expect("found", window && window->self == &a && !bus_find_memory(&bus, 0x12000) &&
	       !bus_find_memory(&bus, 0x9000) && !bus_find_memory(&bus, 0x7fff));
	expect("of the size", bus_read_memory(window, 0x10001, 1) == 0x89 &&
	       bus_read_memory(window, 0x10000, 2) == 0x7788 &&
	       bus_read_memory(window, 0x10000, 8) == a);
	bus_write_memory(window, 0x10004, 4, 1);
	expect("written", a == 5);
	for (unsigned i = 0; i < BUS_MEMORY_WINDOWS; i++)
		map(0x100000 + i * 0x1000, 0x1000, &b);
	expect("too many", map(0x900000, 0x1000, &b));
}

static struct { unsigned changes, level, look; } sinks[2];

static void sink_set(void *self, unsigned line, enum bus_level level)
{
	unsigned i = *(unsigned *)self;

	(void)line;
	sinks[i].changes++;
	sinks[i].level = level;
}

static unsigned sink_look(void *self, unsigned line)
{
	(void)line;
	return sinks[*(unsigned *)self].look;
}

static void test_lines(void)
{
	static unsigned numbers[] = { 0, 1 };
	struct bus_source a, b, other;

	memset(&bus, 0, sizeof(bus));
	expect("three sources", !bus_add_source(&bus, &a, 5) && !bus_add_source(&bus, &b, 5) &&
	       !bus_add_source(&bus, &other, BUS_LINES - 1) && bus_add_source(&bus, &other, BUS_LINES));
	bus_set_line(&a, 1);
	expect("without a sink", bus_look_at_line(&a) == BUS_LINE_MASKED);
	bus_set_line(&a, 0);
	for (unsigned i = 0; i < 2; i++)
		bus_add_sink(&bus, &(struct bus_sink){ &numbers[i], sink_set, sink_look });
	bus_set_line(&a, 1);
	expect("an edge, to both", sinks[0].changes == 1 && sinks[1].changes == 1 && sinks[1].level);
	bus_set_line(&a, 2);
	bus_set_line(&b, 1);
	expect("high already", sinks[0].changes == 1);
	bus_set_line(&a, 0);
	expect("the other source holds it", sinks[0].changes == 1 && sinks[0].level);
	bus_set_line(&b, 0);
	expect("low", sinks[0].changes == 2 && !sinks[1].level);
	bus_pulse_line(&a);
	expect("a pulse", sinks[0].changes == 3 && sinks[1].level == BUS_PULSE && bus.high[5] == 1);
	bus_pulse_line(&a);
	expect("and one more", sinks[0].changes == 4 && bus.high[5] == 1);
	bus_pulse_line(&b);
	expect("not through another source", sinks[0].changes == 4 && bus.high[5] == 2);
	bus_set_line(&a, 0);
	bus_set_line(&b, 0);
	sinks[0].changes = 2;
	sinks[0].look = BUS_LINE_MASKED | BUS_LINE_WAITS;
	sinks[1].look = BUS_LINE_WAITS;
	expect("the first is masked", bus_look_at_line(&a) == BUS_LINE_WAITS);
	sinks[0].look = 0;
	expect("the first is not", bus_look_at_line(&a) == 0);
	sinks[0].look = sinks[1].look = BUS_LINE_MASKED;
	expect("both are", bus_look_at_line(&a) == BUS_LINE_MASKED);
	a.level = 1;
	expect("saved levels", !bus_line_loaded(&a) && bus.high[5] == 1 && sinks[0].changes == 2);
	a.level = 2;
	expect("that can be", bus_line_loaded(&a));
	for (unsigned i = 2; i < BUS_SINKS; i++)
		bus_add_sink(&bus, &(struct bus_sink){ &numbers[0], sink_set, sink_look });
	expect("too many sinks", bus_add_sink(&bus, &(struct bus_sink){ &numbers[0], sink_set, sink_look }));
}

static unsigned runs, polls;

static uint64_t timer_run(void *self, uint64_t now)
{
	runs++;
	return *(uint64_t *)self ? now + *(uint64_t *)self : BUS_NEVER;
}

static void poll(void *self)
{
	(void)self;
	polls++;
}

static void test_timers(void)
{
	static uint64_t once, often = 5 * MS;
	struct bus_timer a = { .self = &often, .run = timer_run }, b = { .self = &once, .run = timer_run },
			 second = b;

	memset(&bus, 0, sizeof(bus));
	backend_vcpus = 2;
	bus_add_timer(&bus, &a, 0);
	bus_add_timer(&bus, &b, 0);
	bus_add_timer(&bus, &second, 1);
	bus_add_poll(&bus, poll, NULL);
	machine_now = NS;
	bus_run(&bus);
	expect("none", machine_next == 0 && polls == 1);
	bus_set_timer(&a, NS + 7 * MS);
	bus_set_timer(&b, NS + 3 * MS);
	expect("the earliest", machine_next == NS + 3 * MS && !runs);
	machine_now = NS + 3 * MS;
	bus_run(&bus);
	expect("once, and the next", runs == 1 && machine_next == NS + 7 * MS);
	machine_now = NS + 8 * MS;
	bus_run(&bus);
	expect("again and again", runs == 2 && machine_next == machine_now + 5 * MS);
	bus_set_timer(&b, BUS_NOW);
	expect("at once", runs == 3);
	bus_set_timer(&b, machine_now + 1);
	expect("not too soon", machine_next == machine_now + 100000);
	bus_set_timer(&b, BUS_NEVER);
	machine_kicked = -1;
	bus_set_timer(&second, NS);
	expect("another processor's", runs == 3 && machine_kicked == 1);
	backend_vcpu = 1;
	machine_kicked = -1;
	polls = 0;
	bus_run(&bus);
	expect("runs there alone, without a poll", runs == 4 && !polls && machine_next == 0);
	bus_set_timer(&a, machine_now + NS);
	expect("the first one is told", machine_kicked == 0);
	machine_kicked = -1;
	bus.interrupt = 1;
	bus_run(&bus);
	expect("once", machine_kicked == -1);
	backend_vcpu = 0;
	bus_run(&bus);
	backend_vcpu = 1;
	bus_run(&bus);
	expect("and again when it has come", machine_kicked == 0);
	backend_vcpu = 0;
	machine_kicked = -1;
	bus_tell_first(&bus);
	expect("not by itself", machine_kicked == -1);
	for (unsigned i = 1; i < BUS_POLLS; i++)
		bus_add_poll(&bus, poll, NULL);
	expect("too many polls", bus_add_poll(&bus, poll, NULL));
}

int main(void)
{
	test_ports();
	test_memory();
	test_lines();
	test_timers();
	return report("bus", 45);
}
