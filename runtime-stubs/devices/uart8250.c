/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * A 16550A serial port. The console at its other side accepts every byte at once.
 * National Semiconductor PC16550D data sheet.
 *
 * Input stays with the console until the guest is ready to receive. So a driver that
 * resets the port at its start loses no input.
 */
#include "../bus/device.h"
#include "../iface/console.h"

enum { RBR, IER, IIR, LCR, MCR, LSR, MSR, SCR };

#define MCR_DTR 0x01
#define MCR_RTS 0x02
#define MCR_OUT2 0x08
#define MCR_LOOP 0x10
/* After this many reads of LSR with no other access, the guest is in a loop that waits for
   input. Loops that wait for the transmitter, or that empty the port before a reset, are
   shorter. */
#define LSR_READS 16

struct uart8250 {
	/* State. */
	uint8_t ier, lcr, mcr, scr, fcr, dll, dlm;
	uint8_t transmit_due;		/* the "transmitter empty" interrupt */
	uint8_t fifo[64];
	uint32_t head, count;
	uint32_t lsr_reads;		/* consecutive reads of LSR */
	struct bus_source irq;
	/* Derived: a poll empties it. */
	char line[128];			/* output that the console has not got yet */
	unsigned length;
};

static void uart_flush(struct uart8250 *uart)
{
	if (uart->length)
		backend_console_write(uart->line, uart->length);
	uart->length = 0;
}

/* Returns the identification of the interrupt of highest priority, 1: none. */
static uint8_t uart_cause(const struct uart8250 *uart)
{
	if ((uart->ier & 1) && uart->count)
		return 4;
	if ((uart->ier & 2) && uart->transmit_due)
		return 2;
	return 1;
}

static void uart_update(struct uart8250 *uart)
{
	/* A PC gates the line by OUT2. */
	bus_set_line(&uart->irq, uart_cause(uart) != 1 && (uart->mcr & MCR_OUT2));
}

static void uart_receive(struct uart8250 *uart, uint8_t byte)
{
	if (uart->count == sizeof(uart->fifo))
		return;		/* overrun */
	uart->fifo[(uart->head + uart->count++) % sizeof(uart->fifo)] = byte;
}

static void uart_send(struct uart8250 *uart, uint8_t byte)
{
	if (uart->mcr & MCR_LOOP) {
		uart_receive(uart, byte);
	} else {
		uart->line[uart->length++] = byte;
		if (byte == '\n' || uart->length == sizeof(uart->line))
			uart_flush(uart);
	}
	uart->transmit_due = 1;
}

static void uart_reset(void *self)
{
	struct uart8250 *uart = self;

	uart->ier = uart->lcr = uart->mcr = uart->fcr = uart->dlm = 0;
	uart->dll = 12;
	uart->transmit_due = uart->lsr_reads = uart->count = 0;
	bus_set_line(&uart->irq, 0);
}

/*
 * Returns 1 if the guest is ready to receive. With the interrupt of received data enabled: if it
 * has set RTS, or not DTR (drivers that use these lines set RTS last). Else: if it polls LSR.
 */
static int uart_listens(const struct uart8250 *uart)
{
	if (uart->mcr & MCR_LOOP)
		return 0;
	if (!(uart->ier & 1))
		return uart->lsr_reads >= LSR_READS;
	return uart->mcr & MCR_RTS || !(uart->mcr & MCR_DTR);
}

static void uart_pull(struct uart8250 *uart)
{
	char text[16];
	size_t n;

	if (uart->count || !uart_listens(uart))
		return;
	n = backend_console_read(text, sizeof(text));
	for (size_t i = 0; i < n; i++)
		uart_receive(uart, text[i]);
}

static void uart_poll(void *self)
{
	struct uart8250 *uart = self;

	uart_flush(uart);
	uart_pull(uart);
	uart_update(uart);
}

static uint8_t uart_read_data(struct uart8250 *uart)
{
	uint8_t byte = 0;

	if (uart->count) {
		byte = uart->fifo[uart->head];
		uart->head = (uart->head + 1) % sizeof(uart->fifo);
		uart->count--;
	}
	uart_pull(uart);
	return byte;
}

static uint8_t uart_read_cause(struct uart8250 *uart)
{
	uint8_t cause = uart_cause(uart);

	if (cause == 2)
		uart->transmit_due = 0;
	return cause | (uart->fcr & 1 ? 0xc0 : 0);
}

static uint8_t uart_modem(const struct uart8250 *uart)
{
	if (!(uart->mcr & MCR_LOOP))
		return 0xb0;		/* CTS, DSR, DCD: the other side is ready */
	return (uart->mcr & 1 ? 0x20 : 0) | (uart->mcr & 2 ? 0x10 : 0) |
	       (uart->mcr & 4 ? 0x40 : 0) | (uart->mcr & 8 ? 0x80 : 0);
}

static uint8_t uart_read_line_status(struct uart8250 *uart)
{
	if (++uart->lsr_reads >= LSR_READS)
		uart_pull(uart);
	return 0x60 | (uart->count ? 1 : 0);
}

static uint32_t uart_read(void *self, uint16_t offset, int size)
{
	struct uart8250 *uart = self;
	uint32_t value = 0xff;

	(void)size;
	if (offset != LSR)
		uart->lsr_reads = 0;
	switch (offset) {
	case RBR: value = uart->lcr & 0x80 ? uart->dll : uart_read_data(uart); break;
	case IER: value = uart->lcr & 0x80 ? uart->dlm : uart->ier; break;
	case IIR: value = uart_read_cause(uart); break;
	case LCR: value = uart->lcr; break;
	case MCR: value = uart->mcr; break;
	case LSR: value = uart_read_line_status(uart); break;
	case MSR: value = uart_modem(uart); break;
	case SCR: value = uart->scr; break;
	}
	uart_update(uart);
	return value;
}

static void uart_write_ier(struct uart8250 *uart, uint8_t value)
{
	/* Enabling this interrupt requests it if the transmitter is empty. */
	if ((value & 2) && !(uart->ier & 2))
		uart->transmit_due = 1;
	uart->ier = value & 15;
	uart_pull(uart);
}

static void uart_write(void *self, uint16_t offset, int size, uint32_t value)
{
	struct uart8250 *uart = self;

	(void)size;
	uart->lsr_reads = 0;
	switch (offset) {
	case RBR:
		if (uart->lcr & 0x80)
			uart->dll = value;
		else
			uart_send(uart, value);
		break;
	case IER:
		if (uart->lcr & 0x80)
			uart->dlm = value;
		else
			uart_write_ier(uart, value);
		break;
	case IIR:
		uart->fcr = value;
		if (value & 2)
			uart->count = 0;
		break;
	case LCR: uart->lcr = value; break;
	case MCR:
		uart->mcr = value & 0x1f;
		uart_pull(uart);
		break;
	case SCR: uart->scr = value; break;
	}
	uart_update(uart);
}

static int uart_attach(void *self, struct bus *bus, const struct device_place *place)
{
	struct uart8250 *uart = self;

	return bus_add_source(bus, &uart->irq, place->line) |
	       bus_add_poll(bus, uart_poll, uart) |
	       bus_add_ports(bus, &(struct bus_ports){ place->at, 8, 0, uart, uart_read,
						       uart_write });
}

static int uart_loaded(void *self)
{
	struct uart8250 *uart = self;

	if (uart->head >= sizeof(uart->fifo) || uart->count > sizeof(uart->fifo))
		return -1;
	uart->length = 0;
	return bus_line_loaded(&uart->irq);
}

#define PART(part) STATE(struct uart8250, part)
static const struct state_field uart_state[] = {
	PART(ier), PART(lcr), PART(mcr), PART(scr), PART(fcr), PART(dll), PART(dlm),
	PART(transmit_due), STATE_ARRAY(struct uart8250, fifo), PART(head), PART(count),
	PART(lsr_reads), PART(irq.level),
};

const struct device device_uart8250 = {
	"uart8250", sizeof(struct uart8250), 1, uart_attach, uart_reset, uart_loaded,
	uart_state, sizeof(uart_state) / sizeof(uart_state[0])
};
