/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/* The serial port: input stays at its other side until the guest listens. */
#include "machine.h"
#include <string.h>

enum { RBR = 0x3f8, IER, FCR, LCR, MCR, LSR };

static void again(void)
{
	machine_start(1);
	machine_input = "abcdefghijklmnopqrstuvwxyz";
}

/* All bytes come, in order. */
static int reads(const char *text)
{
	while (*text && in(LSR) & 1 && in(RBR) == (uint8_t)*text)
		text++;
	return !*text;
}

/* Linux' order: FIFOs reset, the interrupt enabled, the FIFOs enabled, RTS. */
static void test_driver(void)
{
	again();
	out(MCR, 1);
	for (int i = 0; i < 5; i++) {
		out(FCR, 7);
		board_run();
		in(LSR);
		in(RBR);
	}
	out(IER, 1);
	board_run();
	out(FCR, 7);
	expect("a driver that resets the port takes nothing", !(in(LSR) & 1) && *machine_input == 'a');
	out(MCR, 0xb);
	expect("RTS has it come", in(LSR) & 1);
	expect("all comes", reads("abcdefghijklmnopqrstuvwxyz"));
	expect("and no more", !(in(LSR) & 1));
}

static void test_without_modem_lines(void)
{
	again();
	board_run();
	expect("nobody listens", *machine_input == 'a');
	out(IER, 1);
	expect("the interrupt alone", reads("abc"));
}

static void test_polled(void)
{
	again();
	for (int i = 0; i < 8; i++)
		in(LSR);
	out(RBR, '\n');
	for (int i = 0; i < 8; i++)
		in(LSR);
	expect("waiting for the transmitter is not reading", *machine_input == 'a');
	for (int i = 0; i < 100 && !(in(LSR) & 1); i++)
		;
	expect("a loop of looks is", reads("abcdefghijklmnop"));
	for (int i = 0; i < 100 && !(in(LSR) & 1); i++)
		;
	expect("and goes on", reads("q"));
}

static void test_loop_back(void)
{
	again();
	out(MCR, 0x13);
	out(IER, 1);
	out(RBR, 'X');
	expect("in loop-back the other side is cut off", in(RBR) == 'X' && *machine_input == 'a' &&
	       !strchr(machine_output, 'X'));
	out(MCR, 3);
	expect("and there again", reads("ab"));
}

static void pic(void)
{
	static const uint16_t words[][2] = {
		{ 0x20, 0x11 }, { 0x21, 0x30 }, { 0x21, 4 }, { 0x21, 1 }, { 0x21, 0xef },
	};

	for (unsigned i = 0; i < 5; i++)
		out(words[i][0], words[i][1]);
}

/* IRQ 4, while there is a cause, and the guest has opened OUT2. */
static void test_interrupt(void)
{
	again();
	pic();
	out(IER, 1);
	out(MCR, 3);
	board_run();
	expect("OUT2 is closed", !board_interrupt_waits());
	out(MCR, 0xb);
	board_run();
	expect("received data", board_interrupt_waits() && board_interrupt() == 0x34);
	expect("all of it", reads("abcdefghijklmnopqrstuvwxyz"));
	out(0x20, 0x20);
	board_run();
	expect("no cause, no interrupt", !board_interrupt_waits());
	out(IER, 2);
	board_run();
	expect("the transmitter", board_interrupt_waits() && board_interrupt() == 0x34);
}

int main(void)
{
	test_driver();
	test_without_modem_lines();
	test_polled();
	test_loop_back();
	test_interrupt();
	return report("uart", 15);
}
