/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/* The serial port: input stays at its other side until the guest listens. */
#include "../../../runtime-stubs/backend/backend.h"
#include "../../../runtime-stubs/devices/ports.h"
#include <stdio.h>
#include <string.h>

enum { RBR = 0x3f8, IER, FCR, LCR, MCR, LSR };

static unsigned passed, failed;
static const char *input = "";
static char output[64];

void backend_console_write(const char *text, size_t length) { strncat(output, text, length); }
void i8259_set(unsigned irq, int level) { (void)irq; (void)level; }

size_t backend_console_read(char *text, size_t size)
{
	size_t n = strlen(input);

	n = n < size ? n : size;
	memcpy(text, input, n);
	input += n;
	return n;
}

static void expect(const char *what, int good)
{
	passed += !!good;
	failed += !good;
	if (!good)
		printf("BAD %s\n", what);
}

static uint8_t in(uint16_t port) { return uart8250_ports->read(port, 1); }
static void out(uint16_t port, uint8_t value) { uart8250_ports->write(port, 1, value); }

static void again(void)
{
	uart8250_reset();
	input = "abcdefghijklmnopqrstuvwxyz";
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
		uart8250_run();
		in(LSR);
		in(RBR);
	}
	out(IER, 1);
	uart8250_run();
	out(FCR, 7);
	expect("a driver that resets the port takes nothing", !(in(LSR) & 1) && *input == 'a');
	out(MCR, 0xb);
	expect("RTS has it come", in(LSR) & 1);
	expect("all comes", reads("abcdefghijklmnopqrstuvwxyz"));
	expect("and no more", !(in(LSR) & 1));
}

static void test_without_modem_lines(void)
{
	again();
	uart8250_run();
	expect("nobody listens", *input == 'a');
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
	expect("waiting for the transmitter is not reading", *input == 'a');
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
	expect("in loop-back the other side is cut off", in(RBR) == 'X' && *input == 'a' &&
	       !strchr(output, 'X'));
	out(MCR, 3);
	expect("and there again", reads("ab"));
}

int main(void)
{
	test_driver();
	test_without_modem_lines();
	test_polled();
	test_loop_back();
	printf("uart: %u passed, %u failed\n", passed, failed);
	return failed || passed < 10;
}
