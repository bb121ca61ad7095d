/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * A console. The device exists if the bus is to have one: OASIS Virtual I/O Device
 * 1.2, 5.3. Its other side is the console of the serial port. The serial port gets
 * input first if both ask for it. LIMIT: one port, without a size. No emergency write.
 */
#include "../bus/device.h"
#include "../iface/console.h"
#include "../virtio/device.h"
#include <string.h>

#define CONSOLE_CLASS 0x078000u	/* a communication controller of the subclass "other" */
enum { QUEUE_RECEIVE, QUEUE_SEND, QUEUES };

struct virtio_console {
	struct virtio virtio;
	/* State: input that waits for a buffer. */
	uint8_t input[64];
	uint32_t at, count;
	/* Derived. */
	uint8_t is_there;
	struct virtio_chain chain;
	struct bus_segment segment[VIRTIO_SEGMENTS];
};

/* Takes as much input as the buffer holds. */
static void console_fill(struct virtio_console *console)
{
	const struct virtio_chain *chain = &console->chain;
	uint32_t done = 0;

	if (chain->reads) {
		virtio_break(&console->virtio);
		return;
	}
	for (unsigned i = 0; i < chain->writes && done < console->count; i++) {
		uint32_t left = console->count - done;
		uint32_t part = chain->segment[i].size < left ? chain->segment[i].size : left;

		memcpy(chain->segment[i].at, console->input + console->at + done, part);
		done += part;
	}
	console->at += done;
	console->count -= done;
	virtio_give(&console->virtio, QUEUE_RECEIVE, chain->head, done);
}

/* Input stays with the console until a driver runs. */
static void console_poll(void *self)
{
	struct virtio_console *console = self;

	while (virtio_runs(&console->virtio)) {
		if (!console->count) {
			console->at = 0;
			console->count = backend_console_read((char *)console->input, sizeof(console->input));
		}
		if (!console->count || !virtio_take(&console->virtio, QUEUE_RECEIVE, &console->chain))
			return;
		console_fill(console);
	}
}

static void console_send(struct virtio_console *console)
{
	const struct virtio_chain *chain = &console->chain;

	if (chain->writes) {
		virtio_break(&console->virtio);
		return;
	}
	for (unsigned i = 0; i < chain->reads; i++)
		backend_console_write((const char *)chain->segment[i].at, chain->segment[i].size);
	virtio_give(&console->virtio, QUEUE_SEND, chain->head, 0);
}

static void console_notify(void *self, unsigned queue)
{
	struct virtio_console *console = self;

	if (queue == QUEUE_RECEIVE)
		console_poll(console);
	else
		while (virtio_take(&console->virtio, queue, &console->chain))
			console_send(console);
}

static int console_is_busy(const void *self)
{
	(void)self;
	return 0;
}

static const struct virtio_kind console_kind = {
	3, CONSOLE_CLASS, QUEUES, console_notify, console_is_busy
};

static int console_attach(void *self, struct bus *bus, const struct device_place *place)
{
	struct virtio_console *console = self;

	console->is_there = bus->console;
	if (!console->is_there)
		return 0;
	console->chain = (struct virtio_chain){ .room = VIRTIO_SEGMENTS, .segment = console->segment };
	return virtio_attach(&console->virtio, bus, place->at, &console_kind, console) ||
	       bus_add_poll(bus, console_poll, console);
}

static void console_reset(void *self)
{
	struct virtio_console *console = self;

	if (console->is_there)
		virtio_reset(&console->virtio);
}

static int console_loaded(void *self)
{
	struct virtio_console *console = self;

	if (console->at > sizeof(console->input) || console->count > sizeof(console->input) - console->at)
		return -1;
	if (console->is_there)
		return virtio_loaded(&console->virtio);
	return console->virtio.status || console->virtio.function.irq.level || console->count;
}

static const struct state_field console_state[] = {
	VIRTIO_STATE(struct virtio_console, virtio), STATE_ARRAY(struct virtio_console, input),
	STATE(struct virtio_console, at), STATE(struct virtio_console, count)
};

const struct device device_virtio_console = {
	"virtcon", sizeof(struct virtio_console), 1, console_attach, console_reset, console_loaded,
	console_state, sizeof(console_state) / sizeof(console_state[0])
};
