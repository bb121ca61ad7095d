/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * The devices' clocks against a clock of the test's own, also one that leaps, as on
 * a host that is busy: 8254, HPET, the timer of ACPI.
 */
#include "../../../runtime-stubs/backend/backend.h"
#include "../../../runtime-stubs/devices/hpet.h"
#include "../../../runtime-stubs/devices/lapic.h"
#include "../../../runtime-stubs/devices/ports.h"
#include <stdio.h>
#include <stdlib.h>

#define NS 1000000000ull
#define MS 1000000ull
#define PIT_HZ 1193182ull
#define PM_HZ 3579545ull
#define LATCH 4772u		/* Linux' at 250 Hz */

unsigned backend_vcpus = 1, backend_vcpu;
static uint64_t now, next;
static unsigned passed, failed;

uint64_t backend_time(void) { return now; }
void backend_shutdown(int how) { exit(how); }
void uart8250_run(void) { }
void devices_tell_first(void) { }
void devices_run(void) { next = i8254_run(now); }
/* The I/O APIC that several processors have: one pin. */
static int pin_masked = 1, pin_level, pin_waits;
void ioapic_set(unsigned pin, int level)
{
	pin_waits |= level && !pin_level && !pin && !pin_masked;
	pin_level = level;
}
int ioapic_masked(unsigned pin) { return pin || pin_masked; }
int ioapic_keeps(unsigned pin) { return !pin && pin_waits; }

static void expect(const char *what, int good)
{
	passed += !!good;
	failed += !good;
	if (!good)
		printf("BAD %s\n", what);
}

static const struct ports_range *range(uint16_t port)
{
	static const struct { const struct ports_range *of; const unsigned *count; } all[] = {
		{ i8254_ports, &i8254_ports_count }, { i8259_ports, &i8259_ports_count },
		{ acpi_ports, &acpi_ports_count },
	};

	for (unsigned d = 0; d < sizeof(all) / sizeof(all[0]); d++)
		for (unsigned i = 0; i < *all[d].count; i++)
			if ((unsigned)(port - all[d].of[i].first) < all[d].of[i].count)
				return &all[d].of[i];
	exit(2);
}
static void out(uint16_t port, uint8_t value) { range(port)->write(port, 1, value); }
static uint8_t in(uint16_t port) { return range(port)->read(port, 1); }

/* The 8259 as Linux sets it up, vector 30h for the timer; ticks of @count. */
static void start(uint8_t mask, unsigned count)
{
	static const uint8_t words[][2] = { { 0x20, 0x11 }, { 0x21, 0x30 }, { 0x21, 4 }, { 0x21, 1 } };

	i8259_reset();
	i8254_reset();
	i8254_late = i8254_dropped = 0;
	for (unsigned i = 0; i < 4; i++)
		out(words[i][0], words[i][1]);
	out(0x21, mask);
	out(0x43, 0x34);
	out(0x40, count & 0xff);
	out(0x40, count >> 8);
}

/* Handle what waits, for at most @most ns of the time that is asked for; how many
   ticks it was. */
static unsigned ticks_for(uint64_t most)
{
	uint64_t end = now + most;
	unsigned n = 0;

	for (;;) {
		devices_run();
		while (i8259_waits) {
			n += i8259_acknowledge() == 0x30;
			i8254_taken();
			out(0x20, 0x20);
		}
		if (!next || next > end)
			return n;
		now = next;
	}
}
static unsigned ticks(void) { return ticks_for(0); }

/* Ten minutes in leaps from nothing to 40 ms; the sum is right to the tick. */
static void test_leaps(void)
{
	uint64_t begin = now = 5 * NS, sum = 0, largest = 0;

	start(0xfa, LATCH);
	srandom(1);
	while (now - begin < 600 * NS) {
		unsigned n = ticks_for(5 * MS);

		sum += n;
		largest = n > largest ? n : largest;
		now += (uint64_t)random() % (random() % 4 ? MS : 20 * MS);
	}
	sum += ticks_for(100 * MS);
	expect("no tick is lost", sum == (uint64_t)((unsigned __int128)(now - begin) * PIT_HZ / NS) / LATCH);
	expect("some were late", largest > 3 && i8254_late > 1000 && !i8254_dropped);
	expect("the next is told", next > now && next - now <= 4 * MS + MS / 100);
}

static void test_one_at_a_time(void)
{
	start(0xfa, LATCH);
	now += 10 * MS;
	devices_run();
	expect("the first of two", i8259_acknowledge() == 0x30 && !i8259_waits);
	i8254_taken();
	out(0x20, 0x20);
	expect("the second is told a quarter of a period later", !i8259_waits &&
	       next > now && next - now <= MS);
	now = next - 1;
	devices_run();
	expect("not before", !i8259_waits);
	now++;
	devices_run();
	expect("and comes then", i8259_waits && i8259_acknowledge() == 0x30);
	i8254_taken();
	out(0x20, 0x20);
	expect("there is no third", !i8259_waits);
}

/* Linux masks the line while it handles an interrupt of it. */
static void test_masked(void)
{
	unsigned count;

	start(0xfa, LATCH);
	now += 14 * MS;
	devices_run();
	expect("one of three", i8259_acknowledge() == 0x30);
	out(0x21, 0xfb);
	out(0x20, 0x60);
	i8254_taken();
	devices_run();
	out(0x21, 0xfa);
	expect("masked for a moment, none is lost", ticks_for(2 * MS) == 2);
	out(0x21, 0xfb);
	for (int i = 0; i < 1500; i++, now += MS)
		devices_run();
	out(0x21, 0xfa);
	count = ticks();
	expect("masked for long, one is kept", count >= 1 && count <= 2 && i8254_dropped > 200);
}

/* By the I/O APIC, with the line open (or not) in the 8259, where nobody takes it. */
static void test_io_apic(void)
{
	unsigned n = 0, all = 0;

	backend_vcpus = 2;
	for (uint8_t mask = 0xfa; mask <= 0xfb; mask++) {
		start(mask, LATCH);
		pin_masked = pin_waits = 0;
		for (n = 0; now += 10 * MS, devices_run(), n < 300; n++)
			for (uint64_t end = now + 5 * MS; pin_waits && now < end; now += MS, devices_run()) {
				pin_waits = 0;
				all++;
				i8254_taken();
			}
	}
	/* Some three of 4 ms in each round of ten and what it took to take them. */
	expect("ticks by the I/O APIC", all > 2 * 300 * 10 / 4 && all < 2 * 300 * 15 / 4 + 2);
	backend_vcpus = 1;
	pin_masked = 1;
}

static void test_short(void)
{
	start(0xfa, 119);		/* 0.1 ms */
	now += 10 * MS;
	expect("short periods come as one", ticks() == 1 && i8254_dropped == 99);
	out(0x43, 0x30);		/* once */
	out(0x40, 100);
	out(0x40, 0);
	now += 10 * MS;
	expect("a single end is one", ticks() == 1 && ticks() == 0 && next == 0);
}

/* The time that is told is the first at which the tick is seen. */
static void test_told(void)
{
	unsigned good = 0;

	for (unsigned count = 1000; count < 65536; count += 61) {
		start(0xfa, count);
		now = next - 1;
		if (ticks())
			continue;
		now++;
		good += ticks() == 1;
	}
	expect("not before, and not after", good == (65535 - 1000) / 61 + 1);
}

static void test_channel_2(void)
{
	uint16_t value;

	now = 1000 * NS;
	i8254_reset();
	out(0x61, 1);
	out(0x43, 0xb0);
	out(0x42, 0xff);
	out(0x42, 0xff);
	now += 20 * MS;
	value = in(0x42);
	value |= in(0x42) << 8;
	expect("counts down", value == 0xffff - 20 * PIT_HZ / 1000 && !(in(0x61) & 0x20));
	now += 35 * MS;
	expect("its end is seen at port 61h", in(0x61) & 0x20);
	out(0x43, 0xb0);
	expect("loaded anew", !(in(0x61) & 0x20));
}

static uint64_t get(uint64_t at) { return hpet_read(NULL, at, 8); }
static uint32_t get4(uint64_t at) { return hpet_read(NULL, at, 4); }

static void test_hpet(void)
{
	uint64_t period = get4(4), first;

	hpet_reset();
	expect("10 ns, 64 bits, three timers", period == 10000000 && get4(0) == HPET_ID);
	now += NS;
	expect("it stands", get(0xf0) == 0 && get(0x10) == 0);
	hpet_write(NULL, 0x10, 4, 3);
	expect("no legacy route", get(0x10) == 1);
	now += 3 * NS;
	expect("it counts", get(0xf0) == 3 * NS / 10 && get4(0xf4) == 0);
	now += 100 * NS;
	expect("beyond 32 bits", get(0xf0) == 103 * NS / 10 && get4(0xf4) == 2 &&
	       get4(0xf0) == (uint32_t)(103 * NS / 10));
	hpet_write(NULL, 0xf0, 8, 5);
	expect("not written while it counts", get(0xf0) == 103 * NS / 10);
	hpet_write(NULL, 0x10, 8, 0);
	first = get(0xf0);
	now += NS;
	expect("stopped", get(0xf0) == first);
	hpet_write(NULL, 0xf4, 4, 1);
	hpet_write(NULL, 0xf0, 4, 7);
	expect("written by halves", get(0xf0) == (1ull << 32 | 7));
	hpet_write(NULL, 0x10, 4, 1);
	now += 50;
	expect("and on from there", get(0xf0) == (1ull << 32 | 12));
	hpet_write(NULL, 0x100, 4, ~0u);
	hpet_write(NULL, 0x108, 8, 99);
	expect("a timer that can be routed nowhere", get4(0x104) == 0 && !(get4(0x100) & 0xc000) &&
	       get(0x108) == 99);
	expect("odd accesses", hpet_read(NULL, 0xf1, 4) == 0 && hpet_read(NULL, 0xf0, 2) == 0 &&
	       get(0x160) == 0 && get(0xff8) == 0);
}

static void test_acpi_timer(void)
{
	now = 7200 * NS;
	expect("ACPI's timer", range(0x608)->read(0x608, 4) == (7200 * PM_HZ & 0xffffff));
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
	printf("clocks: %u passed, %u failed\n", passed, failed);
	return failed || passed < 25;
}
