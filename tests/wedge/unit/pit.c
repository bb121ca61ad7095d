/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * The 8254 against a model of its data sheet: random words to its ports, and each
 * value that is read, each interrupt and the time of the next one are what the model says.
 */
#include "machine.h"
#include <stdlib.h>

#define PIT_HZ 1193182ull
#define ROUNDS 4000u

/* A channel, as Intel's data sheet has it; modes 1 and 5 count like 0 and 4 here. */
static struct model {
	unsigned mode, access, count, gate, running;
	uint64_t start;
	int low_written, high_next;	/* of two bytes, the first is over */
	unsigned low;
	int latched, status_latched;
	unsigned latch, status;
} model[3];

static unsigned choose(unsigned n) { return random() % n; }

/* Clocks in @ns; first ns by which there are @clocks. */
static uint64_t clocks_in(uint64_t ns) { return (unsigned __int128)ns * PIT_HZ / NS; }
static uint64_t ns_of(uint64_t clocks) { return ((unsigned __int128)clocks * NS + PIT_HZ - 1) / PIT_HZ; }

static uint64_t elapsed(const struct model *m)
{
	return m->running && m->gate ? clocks_in(machine_now - m->start) : 0;
}

static unsigned counter(const struct model *m)
{
	uint64_t n = elapsed(m);

	switch (m->mode) {
	case 2: return (m->count - n % m->count) & 0xffff;
	case 3: return (m->count - 2 * n % m->count) & 0xffff;
	default: return (m->count - n) & 0xffff;
	}
}

static unsigned output(const struct model *m)
{
	uint64_t n = elapsed(m);

	switch (m->mode) {
	case 2: return n % m->count != m->count - 1;
	case 3: return n % m->count < (m->count + 1) / 2;
	case 4: case 5: return n != m->count;
	default: return m->running && n >= m->count;
	}
}

static void latch(struct model *m)
{
	if (!m->latched)
		m->latch = counter(m);
	m->latched = 1;
}

static unsigned status(const struct model *m)
{
	return output(m) << 7 | !m->running << 6 | m->access << 4 | m->mode << 1;
}

static void control(unsigned channel, unsigned access, unsigned mode)
{
	struct model *m = &model[channel];

	out(0x43, channel << 6 | access << 4 | mode << 1);
	if (!access) {
		latch(m);
		return;
	}
	m->access = access;
	m->mode = mode > 5 ? mode - 4 : mode;
	m->low_written = m->high_next = m->latched = m->running = 0;
}

static void write_byte(unsigned channel, unsigned value)
{
	struct model *m = &model[channel];
	unsigned count;

	out(0x40 + channel, value);
	if (m->access == 3 && !m->low_written) {
		m->low = value;
		m->low_written = 1;
		return;
	}
	count = m->access == 1 ? value : m->access == 2 ? value << 8 : value << 8 | m->low;
	m->low_written = 0;
	m->count = count ? count : 65536;
	m->start = machine_now;
	m->running = 1;
}

static void write_count(unsigned channel, unsigned count)
{
	if (model[channel].access & 1)
		write_byte(channel, count & 0xff);
	if (model[channel].access & 2)
		write_byte(channel, count >> 8);
}

static void read_byte(unsigned channel)
{
	struct model *m = &model[channel];
	unsigned value = m->latched ? m->latch : counter(m), high = m->access == 2 || m->high_next;

	if (m->status_latched) {
		m->status_latched = 0;
		expect("the status that was latched", in(0x40 + channel) == m->status);
		return;
	}
	expect("the count", in(0x40 + channel) == (high ? value >> 8 : value & 0xff));
	if (m->access == 3)
		m->high_next = !m->high_next;
	if (m->access != 3 || high)
		m->latched = 0;
}

static void read_back(unsigned word)
{
	out(0x43, 0xc0 | word);
	for (unsigned i = 0; i < 3; i++) {
		if (!(word & 2u << i))
			continue;
		if (!(word & 0x20))
			latch(&model[i]);
		if (!(word & 0x10)) {
			model[i].status = status(&model[i]);
			model[i].status_latched = 1;
		}
	}
}

static void gate(unsigned open)
{
	out(0x61, open | choose(2) << 1 | 0xf0);
	if (open && !model[2].gate)
		model[2].start = machine_now;
	model[2].gate = open;
}

/* Not within a ns of a clock: which side of it that is, is a matter of rounding. */
static void pass(uint64_t ns)
{
	machine_now += ns;
	while (clocks_in(machine_now) != clocks_in(machine_now + 2) || clocks_in(machine_now) != clocks_in(machine_now - 2))
		machine_now += 3;
}

static void start(void)
{
	machine_start(1);
	for (unsigned i = 0; i < 3; i++)
		model[i] = (struct model){ .mode = 3, .access = 3, .count = 65536, .gate = i != 2 };
	out(0x20, 0x11);
	out(0x21, 0x30);
	out(0x21, 4);
	out(0x21, 1);
	out(0x21, 0xfa);
}

static void test_random(void)
{
	start();
	for (unsigned i = 0; i < ROUNDS; i++) {
		unsigned channel = choose(3);

		switch (choose(8)) {
		case 0:
			control(channel, 1 + choose(3), choose(8));
			if (choose(4))
				write_count(channel, choose(4) ? choose(65536) : choose(2) ? 0x100 : 0);
			break;
		case 1: write_byte(channel, choose(256)); break;
		case 2: control(channel, 0, choose(8)); break;
		case 3: read_back(choose(64)); break;
		case 4: gate(choose(2)); break;
		default: read_byte(channel); break;
		}
		expect("the end of channel 2", !(in(0x61) & 0x20) == !output(&model[2]));
		expect("its gate", (in(0x61) & 1) == model[2].gate);
		expect("no word", in(0x43) == 0xff);
		pass(choose(4) ? choose(100000) : choose(200 * MS));
	}
}

/* How many interrupts wait now, one at a time, as far as no time passes. */
static unsigned take(void)
{
	unsigned n = 0;

	for (board_run(); board_interrupt_waits(); board_run()) {
		n += board_interrupt() == 0x30;
		out(0x20, 0x20);
	}
	return n;
}

/* Each period of modes 2 and 3, and the one end of the others, at the ns it is due. */
static void test_interrupts(void)
{
	for (unsigned i = 0; i < 400; i++) {
		unsigned mode = choose(6), count = 1200 + choose(60000), periodic = mode == 2 || mode == 3;

		start();
		pass(choose(MS));
		control(0, 3, mode);
		write_count(0, count);
		for (unsigned n = 1; n <= 3; n++) {
			uint64_t due = model[0].start + ns_of((uint64_t)n * count);

			if (!periodic && n > 1)
				break;
			expect("when the next is due", machine_next == due);
			machine_now = due - 1;
			expect("not before", !take());
			machine_now++;
			expect("and then", take() == 1 && !take());
		}
		expect("there is another", periodic == !!machine_next);
	}
}

/* What is late is forgotten with the count it was of, and by a reset. */
static void test_late(void)
{
	uint64_t late, dropped;

	for (unsigned how = 0; how < 3; how++) {
		start();
		control(0, 3, 2);
		write_count(0, 5000);
		machine_now += ns_of(4 * 5000) + MS;
		board_run();
		expect("the first of four", board_interrupt_waits() && board_interrupt() == 0x30);
		out(0x20, 0x20);
		if (how == 0) {
			control(0, 3, 2);
			expect("no count, no period", !take() && !machine_next);
		} else if (how == 1) {
			write_count(0, 60000);
			expect("the next is the new count's", !take() && machine_next == machine_now + ns_of(60000));
		} else {
			for (unsigned n = 1; n < 4; n++) {
				machine_now = machine_next;
				expect("another of four", take() == 1);
			}
			board_count_ticks(&late, &dropped);
			expect("three were late", late == 3 && !dropped);
			for (unsigned n = 0; n < 2; n++)	/* a quarter of a period apart at least */
				if (machine_now = machine_next, take())
					break;
			board_count_ticks(&late, &dropped);
			expect("and does not count", late == 3);
		}
	}
}

/* A control word of channel 0 takes its output back (data sheet, "Mode definitions"). */
static void test_line(void)
{
	start();
	control(0, 3, 0);
	write_count(0, 2000);
	machine_now = machine_next;
	board_run();
	expect("its end", board_vm.bus.high[0] == 1 && board_interrupt_waits());
	control(0, 3, 0);
	expect("the line is low again", board_vm.bus.high[0] == 0);
}

int main(void)
{
	srandom(1);
	machine_now = 3 * NS;
	test_random();
	test_interrupts();
	test_late();
	test_line();
	return report("8254", 10000);
}
