/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * Fuzz target: a hostile guest and the 82540EM. The input is what the guest does:
 * configuration, registers, ports, descriptors; its other processors; frames that come; state
 * that was saved and is read again, damaged or not.
 *
 * Asked of every input: no memory error; a frame that is sent has a size that frames have;
 * when all is over and the card was reset, a frame goes each way.
 */
#include "guest.h"
#include "../../runtime-stubs/board/places.h"

#define SLOT NET_SLOT
#define PORTS 0xd000u
#define SEND_RING (RING + 0x1000)

enum { CTRL = 0x0000, EECD = 0x0010, MDIC = 0x0020, RCTL = 0x0100, TCTL = 0x0400, RDBAL = 0x2800,
       RDLEN = 0x2808, RDH = 0x2810, RDT = 0x2818, TDBAL = 0x3800, TDLEN = 0x3808, TDH = 0x3810,
       TDT = 0x3818, ADDRESS_LOW = 0x5400 };
static const uint16_t registers[] = {
	CTRL, 0x0008, EECD, 0x0014, MDIC, 0x00c0, 0x00c8, 0x00d0, 0x00d8, RCTL, TCTL, RDBAL,
	RDBAL + 4, RDLEN, RDH, RDT, TDBAL, TDBAL + 4, TDLEN, TDH, TDT, 0x3820, 0x382c, 0x4074,
	0x5200, ADDRESS_LOW, ADDRESS_LOW + 4, 0x5604, 0x5000, 0x1000, 0x00c4, 0x1fffc,
};
#define CHOOSE(n) registers[(n) % (sizeof(registers) / sizeof(registers[0]))]

static unsigned frames, sent;	/* that are to come; that were sent */

static void send(struct bus_net *net, const struct bus_segment *segment, unsigned segments)
{
	uint32_t sum = 0;

	(void)net;
	must(segments == 1 && segment->size >= BUS_FRAME_LEAST && segment->size <= BUS_FRAME_MOST,
	     "a frame's size");
	for (unsigned i = 0; i < segment->size; i++)
		sum += segment->at[i];
	must(sum <= 255 * BUS_FRAME_MOST, "a frame that can be read");
	sent++;
}

static const uint8_t *receive(struct bus_net *net, unsigned *size)
{
	static uint8_t bytes[BUS_FRAME_MOST + 1];

	*size = frames % 5 == 4 ? BUS_FRAME_MOST + 1 : frames & 1 ? BUS_FRAME_MOST : 14 + frames % 64;
	net->up = frames % 7 != 6;
	if (!frames)
		return NULL;
	frames--;
	memset(bytes, frames % 3 ? 0xff : 2, *size);
	return bytes;
}

static struct bus_net network = {
	.mac = { 2, 2, 2, 2, 2, 2 }, .mtu = BUS_MTU, .send = send, .receive = receive, .model = BUS_NET_E1000,
};

static void set(unsigned offset, uint32_t value) { store(0xe0000000u + offset, 4, value); }

/* As firmware leaves it, and the driver starts. */
static void start_card(void)
{
	config_set(SLOT, 4, 2, 0);
	config_set(SLOT, 0x10, 4, 0xe0000000u);
	config_set(SLOT, 0x18, 4, PORTS);
	config_set(SLOT, 4, 2, 7);
	set(CTRL, 1 << 26);
	set(RDBAL, RING);
	set(RDLEN, 256);
	set(TDBAL, SEND_RING);
	set(TDLEN, 256);
	set(TCTL, 2);
	set(RCTL, 2 | 1 << 15);
}

static void start(void)
{
	memset(backend_guest_memory + RING, 0, DATA - RING);
	frames = meddling.reads = 0;
	network.up = 1;
	machine_net = &network;
	machine_now = NS;
	machine_start(1);
	start_card();
}

/* Descriptor @n of a ring: an address that may be anything, command and options. */
static void put(unsigned ring, unsigned n, uint8_t how)
{
	struct { uint64_t address; uint32_t command, options; } d = { PLAYGROUND / 2, 0, 0 };

	if (how & 1)
		d.address = take(4);
	if (how & 8)
		d.address |= (uint64_t)take(1) << 32;
	d.command = take(1) << 24;
	d.command |= how & 2 ? take(3) : 60 + take(1);
	if (how & 4)
		d.options = take(4);
	memcpy(backend_guest_memory + ring + 16 * (n % 16), &d, sizeof(d));
}

/* A context whose headers lie as they should, more or less. */
static void put_context(unsigned n)
{
	uint8_t d[16] = { 14, 24, 33, 0, 34, 50, 0, 0, 0, 0, 0, 0x20 | (take(1) & 0x0f), 0, 54, 0, 4 };

	for (unsigned at = take(1); at < 16; at = take(1)) {
		d[at] = take(1);
		if (input == input_end)
			break;
	}
	memcpy(backend_guest_memory + SEND_RING + 16 * (n % 16), d, sizeof(d));
}

static void act(void)
{
	static const uint8_t sizes[] = { 4, 8, 1, 2 };
	uint8_t op = take(1);
	unsigned size = sizes[op >> 6];

	switch (op & 15) {
	case 0: set(CHOOSE(op >> 4 | take(1) << 4), take(4)); break;
	case 1: load(0xe0000000u + CHOOSE(take(1)), size); break;
	case 2: store(0xe0000000u + (take(3) & 0x1ffff & ~(size - 1)), size, (uint64_t)take(4) << 32 | take(4)); break;
	case 3: put(SEND_RING, take(1), op >> 4); break;
	case 4: put(RING, take(1), op >> 4); break;
	case 5: set(TDT, take(1) % 18); break;
	case 6: set(RDT, take(1) % 18); break;
	case 7: frames += op >> 4; break;
	case 8: put_context(take(1)); break;
	case 9: config_set(SLOT, take(1) & ~3u, 4, take(4)); break;
	case 10: backend_guest_memory[take(3) & (PLAYGROUND - 1)] = take(1); break;
	case 11: bus_write_port(&board_vm.bus, PORTS + (op >> 4 & 7), 4, take(4)); break;
	case 12:
		guest_save();
		if (!guest_load())
			start();
		break;
	case 13: meddle_later(); break;
	case 14:
		machine_now += take(2) * 1000;
		board_run();
		board_interrupt();
		break;
	default: config_get(SLOT, take(1) & ~3u, 4); break;
	}
}

static void check(void)
{
	input = input_end;
	frames = meddling.reads = 0;
	board_run();			/* a frame that waits */
	start_card();
	start_card();
	network.up = 1;
	frames = sent = 0;
	backend_guest_memory[RING + 12] = 0;
	memcpy(backend_guest_memory + RING, &(uint64_t){ PLAYGROUND / 2 }, 8);
	memcpy(backend_guest_memory + SEND_RING, (uint32_t[]){ PLAYGROUND / 2, 0, 60 | 9 << 24, 0 }, 16);
	set(TDT, 1);
	must(sent == 1 && backend_guest_memory[SEND_RING + 12] == 1, "a frame goes");
	set(RDT, 1);
	frames = 1;
	board_run();
	must(backend_guest_memory[RING + 12] == 7, "a frame comes");
}
