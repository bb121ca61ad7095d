/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * A 16550A serial port at 3F8h, line 4; the other side is the console, which
 * takes every byte at once. National Semiconductor PC16550D data sheet.
 *
 * Input stays at the other side until the guest listens, so that a driver that
 * resets the port while it starts loses none of it.
 */
#include "ports.h"
#include "../backend/backend.h"

#define UART_BASE UART8250_BASE
#define UART_IRQ 4

enum { RBR, IER, IIR, LCR, MCR, LSR, MSR, SCR };

#define MCR_DTR 0x01
#define MCR_RTS 0x02
#define MCR_LOOP 0x10
/* So many reads of LSR with nothing between them: a loop that waits for input.
   One that waits for the transmitter, or looks before a reset, makes fewer. */
#define POLLS 16

static struct {
	uint8_t ier, lcr, mcr, scr, fcr, dll, dlm;
	uint8_t transmit_due;		/* the "transmitter empty" interrupt */
	uint8_t fifo[64];
	unsigned head, count;
	unsigned polls;			/* reads of LSR, one behind the other */
	char line[128];			/* output not yet handed on */
	unsigned length;
} uart;

static void uart_flush(void)
{
	if (uart.length)
		backend_console_write(uart.line, uart.length);
	uart.length = 0;
}

/* Identification of the most urgent interrupt, 1: none. */
static uint8_t uart_cause(void)
{
	if ((uart.ier & 1) && uart.count)
		return 4;
	if ((uart.ier & 2) && uart.transmit_due)
		return 2;
	return 1;
}

static void uart_update(void)
{
	/* Line 4 is gated by OUT2. */
	i8259_set(UART_IRQ, uart_cause() != 1 && (uart.mcr & 8));
}

static void uart_receive(uint8_t byte)
{
	if (uart.count == sizeof(uart.fifo))
		return;		/* overrun */
	uart.fifo[(uart.head + uart.count++) % sizeof(uart.fifo)] = byte;
}

static void uart_send(uint8_t byte)
{
	if (uart.mcr & MCR_LOOP) {
		uart_receive(byte);
	} else {
		uart.line[uart.length++] = byte;
		if (byte == '\n' || uart.length == sizeof(uart.line))
			uart_flush();
	}
	uart.transmit_due = 1;
}

void uart8250_reset(void)
{
	uart.ier = uart.lcr = uart.mcr = uart.fcr = 0;
	uart.dll = 12;
	uart.transmit_due = uart.polls = uart.count = 0;
}

/*
 * Does the guest take what is received? With interrupts it says so by enabling
 * that of received data; a driver that uses the modem lines sets RTS last.
 */
static int uart_listens(void)
{
	if (uart.mcr & MCR_LOOP)
		return 0;
	if (!(uart.ier & 1))
		return uart.polls >= POLLS;
	return uart.mcr & MCR_RTS || !(uart.mcr & MCR_DTR);
}

static void uart_pull(void)
{
	char text[16];
	size_t n;

	if (uart.count || !uart_listens())
		return;
	n = backend_console_read(text, sizeof(text));
	for (size_t i = 0; i < n; i++)
		uart_receive(text[i]);
}

void uart8250_run(void)
{
	uart_flush();
	uart_pull();
	uart_update();
}

static uint8_t uart_read_data(void)
{
	uint8_t byte = 0;

	if (uart.count) {
		byte = uart.fifo[uart.head];
		uart.head = (uart.head + 1) % sizeof(uart.fifo);
		uart.count--;
	}
	uart_pull();
	return byte;
}

static uint8_t uart_read_cause(void)
{
	uint8_t cause = uart_cause();

	if (cause == 2)
		uart.transmit_due = 0;
	return cause | (uart.fcr & 1 ? 0xc0 : 0);
}

static uint8_t uart_modem(void)
{
	if (!(uart.mcr & MCR_LOOP))
		return 0xb0;		/* CTS, DSR, DCD: somebody is there */
	return (uart.mcr & 1 ? 0x20 : 0) | (uart.mcr & 2 ? 0x10 : 0) |
	       (uart.mcr & 4 ? 0x40 : 0) | (uart.mcr & 8 ? 0x80 : 0);
}

static uint8_t uart_read_line_status(void)
{
	if (++uart.polls >= POLLS)
		uart_pull();
	return 0x60 | (uart.count ? 1 : 0);
}

static uint32_t uart_read(uint16_t port, int size)
{
	uint32_t value = 0xff;

	(void)size;
	if (port - UART_BASE != LSR)
		uart.polls = 0;
	switch (port - UART_BASE) {
	case RBR: value = uart.lcr & 0x80 ? uart.dll : uart_read_data(); break;
	case IER: value = uart.lcr & 0x80 ? uart.dlm : uart.ier; break;
	case IIR: value = uart_read_cause(); break;
	case LCR: value = uart.lcr; break;
	case MCR: value = uart.mcr; break;
	case LSR: value = uart_read_line_status(); break;
	case MSR: value = uart_modem(); break;
	case SCR: value = uart.scr; break;
	}
	uart_update();
	return value;
}

static void uart_write_ier(uint8_t value)
{
	/* Enabling it finds the transmitter empty. */
	if ((value & 2) && !(uart.ier & 2))
		uart.transmit_due = 1;
	uart.ier = value & 15;
	uart_pull();
}

static void uart_write(uint16_t port, int size, uint32_t value)
{
	(void)size;
	uart.polls = 0;
	switch (port - UART_BASE) {
	case RBR:
		if (uart.lcr & 0x80)
			uart.dll = value;
		else
			uart_send(value);
		break;
	case IER:
		if (uart.lcr & 0x80)
			uart.dlm = value;
		else
			uart_write_ier(value);
		break;
	case IIR:
		uart.fcr = value;
		if (value & 2)
			uart.count = 0;
		break;
	case LCR: uart.lcr = value; break;
	case MCR:
		uart.mcr = value & 0x1f;
		uart_pull();
		break;
	case SCR: uart.scr = value; break;
	}
	uart_update();
}

const struct ports_range uart8250_ports[] = {
	{ UART_BASE, 8, 0, uart_read, uart_write },
};
const unsigned uart8250_ports_count = 1;
