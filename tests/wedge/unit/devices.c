/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * The devices that have no test of their own, by their registers: the 8259 pair, the
 * channels of the 8254, the clock's date, PCI's configuration, the ways a machine
 * ends, the mailbox, what else the serial port has.
 */
#include "machine.h"
#include "../../../runtime-stubs/board/mailbox.h"
#include "../../../runtime-stubs/board/places.h"
#include "../../../runtime-stubs/devices/exit_status.h"
#include <string.h>

/* Two sources of the test's own. */
static struct bus_source three, ten;

/* As Linux sets them up: vectors from 30h and 38h, all lines open. */
static void start_8259(void)
{
	static const uint16_t words[][2] = { { 0x20, 0x11 }, { 0x21, 0x30 }, { 0x21, 4 }, { 0x21, 1 },
		{ 0xa0, 0x11 }, { 0xa1, 0x38 }, { 0xa1, 2 }, { 0xa1, 1 }, { 0x21, 0 }, { 0xa1, 0 } };

	machine_start(1);
	bus_add_source(&board_vm.bus, &three, 3);
	bus_add_source(&board_vm.bus, &ten, 10);
	for (unsigned i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		out(words[i][0], words[i][1]);
}

static int take(void)
{
	return board_interrupt_waits() ? board_interrupt() : -1;
}

static void test_8259(void)
{
	machine_start(1);
	expect("masked after reset", in(0x21) == 0xff && in(0xa1) == 0xff);
	start_8259();
	expect("nothing waits", take() < 0 && board_interrupt() == -1 && in(0x21) == 0);
	out(0xa1, 4);
	expect("a line of the second that is masked", bus_look_at_line(&ten) == BUS_LINE_MASKED && !bus_look_at_line(&three));
	out(0xa1, 0);
	expect("and is not", !bus_look_at_line(&ten));
	expect("ports on both sides of ELCR's two are nobody's", in(0x4cf) == 0xff && in(0x4d2) == 0xff);
	bus_set_line(&three, 1);
	bus_set_line(&ten, 1);
	expect("it waits", bus_look_at_line(&ten) == BUS_LINE_WAITS);
	expect("the request register", in(0x20) == (8 | 4) && in(0xa0) == 4);
	expect("line 10, by the cascade", take() == 0x3a);
	out(0x20, 0x0b);
	expect("in service", in(0x20) == 4);
	out(0x20, 0x0a);
	expect("nothing less urgent before the end", take() < 0);
	out(0xa0, 0x60 | 2);
	out(0x20, 0x62);
	expect("then line 3", take() == 0x33);
	out(0x20, 0x20);
	expect("edges come once", take() < 0);
	bus_set_line(&three, 0);
	bus_set_line(&three, 1);
	expect("and again", take() == 0x33);
	out(0x20, 0x20);
	out(0x21, 8);
	bus_set_line(&three, 0);
	bus_set_line(&three, 1);
	expect("masked", take() < 0);
	out(0x21, 0);
	bus_set_line(&three, 0);
	expect("an edge that is gone", take() < 0);
}

static void test_8259_levels(void)
{
	start_8259();
	bus_set_line(&ten, 1);
	out(0x4d1, 0xff);
	expect("lines that can be levels", in(0x4d1) == 0xde && in(0x4d0) == 0);
	expect("a level", take() == 0x3a);
	out(0xa0, 0x20);
	out(0x20, 0x20);
	expect("as long as it is high", take() == 0x3a);
	bus_set_line(&ten, 0);
	out(0xa0, 0x20);
	out(0x20, 0x20);
	expect("and no longer", take() < 0);
	bus_set_line(&three, 1);
	out(0x20, 0x68);
	expect("special mask", take() == 0x33);
	out(0x21, 8);
	out(0x20, 0x68);
	bus_set_line(&ten, 1);
	expect("what is masked blocks nothing", take() == 0x3a);
	out(0x20, 0x48);
	machine_start(1);
	out(0x20, 0x11);
	out(0x21, 0x40);
	out(0x21, 4);
	out(0x21, 3);		/* automatic end */
	bus_add_source(&board_vm.bus, &three, 3);
	bus_set_line(&three, 1);
	expect("automatic end", take() == 0x43);
	out(0x20, 0x0b);
	expect("nothing in service", in(0x20) == 0);
	out(0x20, 0x10);
	out(0x21, 0x50);
	out(0x21, 4);
	out(0x21, 0xf0);
	expect("three words of a start", in(0x21) == 0xf0);
}

static unsigned count_of(unsigned channel)
{
	unsigned low = in(0x40 + channel);

	return low | in(0x40 + channel) << 8;
}

static void test_8254(void)
{
	machine_start(1);
	machine_now = NS;
	expect("the control word cannot be read", in(0x43) == 0xff);
	for (unsigned i = 0; i < 3; i++) {
		out(0x43, 0xe0 | 2u << i);
		expect("mode 3, both bytes after reset", (in(0x40 + i) & 0x3f) == 0x36);
	}
	out(0x43, 0xb4);		/* channel 2, both bytes, mode 2 */
	out(0x42, 0x10);
	out(0x42, 0x27);
	out(0x61, 1);
	machine_now += 838096;		/* 1000 ticks */
	out(0x43, 0x80);
	expect("latched", count_of(2) == 9000);
	out(0x43, 0xc8);		/* read back: count and status of channel 2 */
	expect("status", in(0x42) == (0x80 | 0x30 | 4));
	machine_now += NS;
	expect("what was latched first", count_of(2) == 9000);
	out(0x43, 0x96);		/* low byte, mode 3 */
	out(0x42, 100);
	machine_now += 8390;		/* 10 ticks */
	expect("mode 3 counts by two", in(0x42) == 80 && in(0x61) & 0x20);
	machine_now += 838096 / 20;
	expect("its output", !(in(0x61) & 0x20));
	out(0x43, 0xa8);		/* high byte, mode 4 */
	out(0x42, 1);
	expect("the high byte", in(0x42) == 1 && in(0x61) & 0x20);
	out(0x43, 0xbe);		/* mode 7 is 3 */
	out(0x43, 0xe8);
	expect("mode 7, nothing loaded yet", in(0x42) == (0x80 | 0x40 | 0x30 | 6));
	out(0x61, 3);
	expect("the gate", (in(0x61) & 3) == 3);
}

static uint8_t clock_of(uint8_t index)
{
	out(0x70, index);
	return in(0x71);
}

static void test_cmos(void)
{
	machine_start(1);
	machine_now = (59 * 86400 + 3661) * NS;
	expect("the time", clock_of(0) == 1 && clock_of(2) == 1 && clock_of(4) == 1);
	expect("the date, 2026-03-01", clock_of(7) == 1 && clock_of(8) == 3 && clock_of(9) == 0x26 &&
	       clock_of(0x32) == 0x20 && clock_of(6) == 1);
	machine_now = (365ull * 2 + 59) * 86400 * NS;
	expect("2028-02-29", clock_of(7) == 0x29 && clock_of(8) == 2 && clock_of(9) == 0x28);
	expect("no update", clock_of(10) == 0x26 && clock_of(11) == 2 && clock_of(12) == 0 &&
	       clock_of(13) == 0x80);
	machine_now += NS - 1000;
	expect("one in progress", clock_of(10) == 0xa6);
	out(0x70, 0x40);
	out(0x71, 99);
	expect("memory", clock_of(0x40) == 99 && clock_of(0xc0) == 99 && in(0x70) == 0xff);
}

static uint32_t config(uint32_t address)
{
	bus_write_port(&board_vm.bus, 0xcf8, 4, address);
	return bus_read_port(&board_vm.bus, 0xcfc, 4);
}

static void test_pci(void)
{
	machine_start(1);
	expect("off", bus_read_port(&board_vm.bus, 0xcfc, 4) == ~0u);
	expect("the host bridge", config(0x80000000) == 0x12378086 && config(0x80000008) == 0x06000002 &&
	       config(0x80000004) == 0);
	expect("nothing else", config(0x80000800) == ~0u && config(0x80010000) == ~0u);
	config(0x80000000);
	expect("parts of it", bus_read_port(&board_vm.bus, 0xcfe, 2) == 0x1237 && in(0xcfd) == 0x80);
	bus_write_port(&board_vm.bus, 0xcf8, 2, 0);
	bus_write_port(&board_vm.bus, 0xcfc, 4, 1);
	expect("the address, as a whole", bus_read_port(&board_vm.bus, 0xcf8, 4) == 0x80000000 &&
	       in(0xcf8) == 0xff && bus_read_port(&board_vm.bus, 0xcfc, 4) == 0x12378086);
	machine_reset();
	expect("no address after reset", bus_read_port(&board_vm.bus, 0xcf8, 4) == 0);
}

static void write_64(uint32_t value) { out(0x64, value); }
static void write_cf9(uint32_t value) { out(0xcf9, value); }
static void write_end(uint32_t value) { out(EXIT_PORT, value); }

static void test_ends(void)
{
	machine_start(1);
	expect("no keyboard", in(0x64) == 0xff && bus_read_port(&board_vm.bus, EXIT_PORT, 4) == ~0u);
	machine_try(write_64, 0x20);
	expect("another command", machine_ended == -1);
	machine_try(write_64, 0xfe);
	expect("reset by the keyboard controller", machine_ended == EXIT_RESET);
	machine_try(write_cf9, 2);
	expect("nothing yet", machine_ended == -1);
	machine_try(write_cf9, 6);
	expect("reset by port CF9h", machine_ended == EXIT_RESET);
	out(0x3f8, '!');
	machine_try(write_end, 0x21);
	expect("the guest's own word, after its output", machine_ended == 0x21 &&
	       !strcmp(machine_output, "!"));
	machine_try(write_end, 0);
	expect("none of its own", machine_ended == EXIT_GUEST_MAX);
}

static unsigned started;
static void start(unsigned vcpu) { started = vcpu; }

static void test_mailbox(void)
{
	machine_start(1);
	expect("no mailbox for one", load(MAILBOX_AT, 8) == ~0ull && load(IOAPIC_AT, 4) == ~0ull);
	machine_start(4);
	mailbox_set_start(start);
	store(MAILBOX_AT + 4, 4, 3);
	store(MAILBOX_AT + 8, 8, 0x9a000);
	expect("what was written", load(MAILBOX_AT + 4, 4) == 3 && load(MAILBOX_AT + 8, 8) == 0x9a000 &&
	       load(MAILBOX_AT, 2) == 0 && load(MAILBOX_AT + 64, 8) == 0);
	store(MAILBOX_AT, 2, 2);
	expect("no command", started == 0);
	store(MAILBOX_AT, 2, 1);
	expect("woken", started == 3 && mailbox_vector(3) == 0x9a000);
	started = 0;
	store(MAILBOX_AT + 8, 8, 0x8000);
	store(MAILBOX_AT, 2, 1);
	expect("once more", !started && machine_kicked == 3 && mailbox_vector(3) == 0x8000);
	expect("not for another", !mailbox_woken_again());
	backend_vcpu = 3;
	expect("it finds it, once", mailbox_woken_again() && !mailbox_woken_again());
	backend_vcpu = 0;
	store(MAILBOX_AT + 4, 4, 0);
	store(MAILBOX_AT, 2, 1);
	store(MAILBOX_AT + 4, 4, 4);
	store(MAILBOX_AT, 2, 1);
	expect("nobody", !started);
}

static void test_uart(void)
{
	machine_start(1);
	out(0x3fb, 0x80);
	expect("the divisor after reset", in(0x3f8) == 12 && in(0x3f9) == 0);
	out(0x3f8, 1);
	out(0x3f9, 2);
	expect("the divisor", in(0x3f8) == 1 && in(0x3f9) == 2 && in(0x3fb) == 0x80);
	out(0x3fb, 3);
	out(0x3ff, 0x5a);
	expect("scratch", in(0x3ff) == 0x5a && in(0x3f8) == 0);
	expect("somebody is there", in(0x3fe) == 0xb0);
	out(0x3fc, 0x1f);
	expect("modem lines in loop-back", in(0x3fe) == 0xf0 && in(0x3fc) == 0x1f);
	for (int i = 0; i < 65; i++)
		out(0x3f8, i);
	expect("an overrun", in(0x3f8) == 0 && in(0x3fd) & 1);
	out(0x3fa, 3);
	expect("emptied", !(in(0x3fd) & 1));
	out(0x3fc, 8);
	out(0x3f9, 2);
	expect("the transmitter's interrupt", in(0x3fa) == 0xc2 && in(0x3fa) == 0xc1);
	for (int i = 0; i < 130; i++)
		out(0x3f8, 'a');
	expect("a long line", strlen(machine_output) == 128);
	board_run();
	expect("and the rest", strlen(machine_output) == 130);
	expect("in its interrupt", in(0x3fa) == 0xc2);
	out(0x3f9, 0);
	out(0x3fc, 0xb);
	out(0x3f9, 1);
	machine_input = "x";
	board_run();
	expect("received", in(0x3fa) == 0xc4 && in(0x3f9) == 1 && in(0x3f8) == 'x');
}

int main(void)
{
	test_8259();
	test_8259_levels();
	test_8254();
	test_cmos();
	test_pci();
	test_ends();
	test_mailbox();
	test_uart();
	return report("devices", 65);
}
