/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * The devices' clocks against a clock of the test's own, also one that leaps, as on
 * a host that is busy: 8254, HPET, the timer of ACPI.
 */
#include "machine.h"
#include "../../../runtime-stubs/board/places.h"
#include "../../../runtime-stubs/devices/hpet.h"
#include <stdlib.h>

#define PIT_HZ 1193182ull
#define PM_HZ 3579545ull
#define LATCH 4772u		/* Linux' at 250 Hz */

static unsigned vcpus = 1;

/* The 8259 as Linux sets it up, vector 30h for the timer; ticks of @count. */
static void start(uint8_t mask, unsigned count)
{
	static const uint8_t words[][2] = { { 0x20, 0x11 }, { 0x21, 0x30 }, { 0x21, 4 }, { 0x21, 1 } };

	machine_start(vcpus);
	for (unsigned i = 0; i < 4; i++)
		out(words[i][0], words[i][1]);
	out(0x21, mask);
	out(0x43, 0x34);
	out(0x40, count & 0xff);
	out(0x40, count >> 8);
}

static uint64_t late(void)
{
	uint64_t late, dropped;

	board_count_ticks(&late, &dropped);
	return late;
}

static uint64_t dropped(void)
{
	uint64_t late, dropped;

	board_count_ticks(&late, &dropped);
	return dropped;
}

/* Handle what waits, for at most @most ns of that time; returns how many
   ticks it was. */
static unsigned ticks_for(uint64_t most)
{
	uint64_t end = machine_now + most;
	unsigned n = 0;

	for (;;) {
		board_run();
		while (board_interrupt_waits()) {
			n += board_interrupt() == 0x30;
			out(0x20, 0x20);
		}
		if (!machine_next || machine_next > end)
			return n;
		machine_now = machine_next;
	}
}
static unsigned ticks(void) { return ticks_for(0); }

/* Ten minutes in leaps from nothing to 40 ms; the sum is right to the tick. */
static void test_leaps(void)
{
	uint64_t begin = machine_now = 5 * NS, sum = 0, largest = 0;

	start(0xfa, LATCH);
	srandom(1);
	while (machine_now - begin < 600 * NS) {
		unsigned n = ticks_for(5 * MS);

		sum += n;
		largest = n > largest ? n : largest;
		machine_now += (uint64_t)random() % (random() % 4 ? MS : 20 * MS);
	}
	sum += ticks_for(100 * MS);
	expect("no tick is lost", sum == (uint64_t)((unsigned __int128)(machine_now - begin) * PIT_HZ / NS) / LATCH);
	expect("some were late", largest > 3 && late() > 1000 && !dropped());
	expect("the next is told", machine_next > machine_now && machine_next - machine_now <= 4 * MS + MS / 100);
}

static void test_one_at_a_time(void)
{
	start(0xfa, LATCH);
	machine_now += 10 * MS;
	board_run();
	expect("the first of two", board_interrupt() == 0x30 && !board_interrupt_waits());
	out(0x20, 0x20);
	expect("the second is told a quarter of a period later", !board_interrupt_waits() &&
	       machine_next - machine_now == LATCH * NS / PIT_HZ / 4);
	machine_now = machine_next - 1;
	board_run();
	expect("not before", !board_interrupt_waits());
	machine_now++;
	board_run();
	expect("and comes then", board_interrupt_waits() && board_interrupt() == 0x30);
	out(0x20, 0x20);
	expect("there is no third", !board_interrupt_waits());
}

/* Linux masks the line while it handles an interrupt of it. */
static void test_masked(void)
{
	unsigned count;

	start(0xfa, LATCH);
	machine_now += 14 * MS;
	board_run();
	expect("one of three", board_interrupt() == 0x30);
	out(0x21, 0xfb);
	out(0x20, 0x60);
	board_run();
	out(0x21, 0xfa);
	expect("masked for a moment, none is lost", ticks_for(2 * MS) == 2);
	out(0x21, 0xfb);
	for (int i = 0; i < 1500; i++, machine_now += MS)
		board_run();
	out(0x21, 0xfa);
	count = ticks();
	expect("masked for long, one is signalled", count >= 1 && count <= 2 && dropped() > 200);
}

/* By the I/O APIC, with the line open (or not) in the 8259, where nobody takes it. */
static void test_io_apic(void)
{
	unsigned n = 0, all = 0;

	vcpus = 2;
	for (uint8_t mask = 0xfa; mask <= 0xfb; mask++) {
		start(mask, LATCH);
		store(LAPIC_AT + 0x350, 4, 0x10000);	/* LINT0 */
		store(IOAPIC_AT, 4, 0x10);
		store(IOAPIC_AT + 0x10, 4, 0x40);
		for (n = 0; machine_now += 10 * MS, board_run(), n < 300; n++)
			for (uint64_t end = machine_now + 5 * MS;
			     machine_now < end && board_interrupt() == 0x40;
			     machine_now += MS, board_run()) {
				store(LAPIC_AT + 0xb0, 4, 0);
				all++;
			}
	}
	/* Some three of 4 ms in each round of ten and what it took to take them. */
	expect("ticks by the I/O APIC", all > 2 * 300 * 10 / 4 && all < 2 * 300 * 15 / 4 + 2);
	vcpus = 1;
}

static void test_short(void)
{
	start(0xfa, 119);		/* 0.1 ms */
	machine_now += 10 * MS;
	expect("short periods come as one", ticks() == 1 && dropped() == 99);
	out(0x43, 0x30);		/* once */
	out(0x40, 100);
	out(0x40, 0);
	machine_now += 10 * MS;
	expect("a single end is one", ticks() == 1 && ticks() == 0 && machine_next == 0);
	out(0x43, 0x30);
	out(0x40, LATCH & 0xff);
	out(0x40, LATCH >> 8);
	machine_now += 9 * MS;		/* twice the count */
	expect("also a late one", ticks_for(40 * MS) == 1 && machine_next == 0);
	machine_now += 2 * MS;
	expect("once", ticks() == 0);
}

/* The time that is told is the first at which the tick is seen. */
static void test_told(void)
{
	unsigned good = 0;

	for (unsigned count = 1000; count < 65536; count += 61) {
		start(0xfa, count);
		machine_now = machine_next - 1;
		if (ticks())
			continue;
		machine_now++;
		good += ticks() == 1;
	}
	expect("not before, and not after", good == (65535 - 1000) / 61 + 1);
}

static void test_channel_2(void)
{
	uint16_t value;

	machine_now = 1000 * NS;
	machine_start(1);
	out(0x61, 1);
	out(0x43, 0xb0);
	out(0x42, 0xff);
	out(0x42, 0xff);
	machine_now += 20 * MS;
	value = in(0x42);
	value |= in(0x42) << 8;
	expect("counts down", value == 0xffff - 20 * PIT_HZ / 1000 && !(in(0x61) & 0x20));
	machine_now += 35 * MS;
	expect("its end is seen at port 61h", in(0x61) & 0x20);
	out(0x43, 0xb0);
	expect("loaded anew", !(in(0x61) & 0x20));
	out(0x42, 0xff);
	out(0x42, 0xff);
	out(0x61, 0);
	machine_now += 20 * MS;
	value = in(0x42);
	value |= in(0x42) << 8;
	expect("its gate is closed", value == 0xffff && !(in(0x61) & 0x20));
}

static uint64_t get(uint64_t at) { return load(HPET_AT + at, 8); }
static uint32_t get4(uint64_t at) { return load(HPET_AT + at, 4); }

static void test_hpet(void)
{
	uint64_t period, first;

	machine_start(1);
	period = get4(4);
	expect("10 ns, 64 bits, three timers", period == 10000000 && get4(0) == HPET_ID);
	machine_now += NS;
	expect("it stands", get(0xf0) == 0 && get(0x10) == 0);
	store(HPET_AT + 0x10, 4, 3);
	expect("no legacy route", get(0x10) == 1);
	machine_now += 3 * NS;
	expect("it counts", get(0xf0) == 3 * NS / 10 && get4(0xf4) == 0);
	machine_now += 100 * NS;
	expect("beyond 32 bits", get(0xf0) == 103 * NS / 10 && get4(0xf4) == 2 &&
	       get4(0xf0) == (uint32_t)(103 * NS / 10));
	store(HPET_AT + 0xf0, 8, 5);
	expect("not written while it counts", get(0xf0) == 103 * NS / 10);
	store(HPET_AT + 0x10, 8, 0);
	first = get(0xf0);
	machine_now += NS;
	expect("stopped", get(0xf0) == first);
	store(HPET_AT + 0xf4, 4, 1);
	store(HPET_AT + 0xf0, 4, 7);
	expect("written by halves", get(0xf0) == (1ull << 32 | 7));
	store(HPET_AT + 0x10, 4, 1);
	machine_now += 50;
	expect("and on from there", get(0xf0) == (1ull << 32 | 12));
	expect("timers after reset", get(0x100) == 0x20 && get(0x140) == 0x20 &&
	       get(0x108) == ~0ull && get(0x148) == ~0ull && get(0x110) == 0);
	store(HPET_AT + 0x120, 4, 2);
	store(HPET_AT + 0x100, 4, ~0u);
	expect("what of a timer can be written", get4(0x100) == 0x126 && get4(0x120) == 0x22 && get4(0x140) == 0x20);
	store(HPET_AT + 0x108, 8, 99);
	expect("a timer that can be routed nowhere", get4(0x104) == 0 && !(get4(0x100) & 0xc000) &&
	       get(0x108) == 99);
	expect("odd accesses", load(HPET_AT + 0xf1, 4) == 0 && load(HPET_AT + 0xf0, 2) == 0 &&
	       get(0x160) == 0 && get(0xff8) == 0);
}

static void test_acpi_timer(void)
{
	machine_now = 7200 * NS;
	expect("ACPI's timer", bus_read_port(&board_vm.bus, 0x608, 4) == (7200 * PM_HZ & 0xffffff));
}

int main(void)
{
	test_leaps();
	test_one_at_a_time();
	test_masked();
	test_io_apic();
	test_short();
	test_told();
	test_channel_2();
	test_hpet();
	test_acpi_timer();
	return report("clocks", 25);
}
