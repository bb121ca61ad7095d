/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * The network interface, by a driver of the test's own and a network that keeps what it
 * was given: frames both ways, buffers that come late, wrong ones, the link, saved state.
 */
#include "driver.h"
#include "frames.h"
#include "../../../runtime-stubs/board/places.h"
#include <string.h>

#define SLOT NET_SLOT
#define BUFFER 0x40000u
enum { RECEIVE, SEND };
enum { MAC = 1 << 5, LINK = 1 << 16 };

static struct bus_net network = {
	.mac = { 2, 3, 4, 5, 6, 7 }, .up = 1, .mtu = BUS_MTU, .send = frames_send, .receive = frames_receive,
};

static void come(unsigned size, uint8_t value)
{
	memset(coming[behind].bytes, value, size);
	coming[behind].bytes[12] = 0xab;	/* the first in the second part of a buffer is [8] */
	coming[behind++].size = size;
}

static void fresh(void)
{
	sends = first = behind = 0;
	network.up = 1;
	machine_net = &network;
	machine_start(1);
}

/* A buffer of two parts for a frame that comes. */
static void offer_buffer(unsigned n, unsigned bytes)
{
	driver_select(RECEIVE);
	describe(2 * n, BUFFER + 0x1000 * n, 20, NEXT | WRITE, 2 * n + 1);
	describe(2 * n + 1, BUFFER + 0x1000 * n + 0x100, bytes - 20, WRITE, 0);
	offer(SLOT, 2 * n);
}

/* A frame in two parts, its header with the first. */
static void offer_frame(unsigned bytes, uint8_t value)
{
	uint8_t *memory = backend_guest_memory + BUFFER + 0x8000;

	driver_select(SEND);
	memset(memory, 0, 12);
	memset(memory + 12, value, 4096);
	describe(0, BUFFER + 0x8000, 12 + 8, NEXT, 1);
	describe(1, BUFFER + 0x8000 + 20, bytes - 8, 0, 0);
	offer(SLOT, 0);
}

static void test_who(void)
{
	machine_net = NULL;
	machine_start(1);
	expect("none without a network", config_get(SLOT, 0, 4) == ~0u);
	fresh();
	expect("who it is", config_get(SLOT, 0, 4) == 0x10411af4 && config_get(SLOT, 8, 4) == 0x02000001);
	set_reg(SLOT, DEVICE_SELECT, 4, 0);
	expect("offered", reg(SLOT, DEVICE_FEATURES, 4) == (3u << 28 | LINK | MAC) && reg(SLOT, QUEUES, 2) == 2);
	expect("address and link", reg(SLOT, CONFIG, 4) == 0x05040302 && reg(SLOT, CONFIG + 4, 2) == 0x0706 &&
	       reg(SLOT, CONFIG + 6, 2) == 1);
}

static void test_send(void)
{
	fresh();
	driver_start(SLOT, MAC | LINK);
	offer_frame(60, 0x11);
	expect("sent", sends == 1 && sent[0].size == 60 && sent[0].bytes[0] == 0x11 &&
	       sent[0].bytes[59] == 0x11 && returned() == 1 && returned_bytes() == 0 &&
	       reg(SLOT, ISR, 1) == 1);
	offer_frame(1514, 0x12);
	expect("the longest", sends == 2 && sent[1].size == 1514);
	offer_frame(1515, 0x13);
	offer_frame(13, 0x13);
	expect("of no size that is one", sends == 2 && returned() == 4);
	expect("as before", reg(SLOT, STATUS, 1) == 0xf);
}

static void wrong(const char *what)
{
	expect(what, reg(SLOT, STATUS, 1) & NEEDS_RESET && !returned() && !sends);
	driver_start(SLOT, MAC | LINK);
}

static void test_wrong(void)
{
	fresh();
	driver_start(SLOT, MAC | LINK);
	driver_select(SEND);
	describe(0, BUFFER, 8, 0, 0);
	offer(SLOT, 0);
	wrong("half a header");
	driver_select(SEND);
	describe(0, BUFFER, 60, NEXT, 1);
	describe(1, BUFFER + 60, 60, WRITE, 0);
	offer(SLOT, 0);
	wrong("a frame to be written to");
	backend_guest_memory[BUFFER + 1] = 1;
	driver_select(SEND);
	describe(0, BUFFER, 72, 0, 0);
	offer(SLOT, 0);
	wrong("a segment of TCP that nobody cuts");
	backend_guest_memory[BUFFER + 1] = 0;
	come(60, 0x21);
	offer_buffer(0, 1525);
	wrong("a buffer that is too short");
	come(60, 0x21);
	driver_select(RECEIVE);
	describe(0, BUFFER, 2000, NEXT, 1);
	describe(1, BUFFER, 2000, WRITE, 0);
	offer(SLOT, 0);
	wrong("a buffer to be read");
	offer_frame(60, 0x22);
	expect("as if nothing had been", sends == 1 && returned() == 1);
}

static void test_receive(void)
{
	const uint8_t *memory = backend_guest_memory + BUFFER;

	fresh();
	driver_start(SLOT, MAC | LINK);
	come(100, 0x31);
	board_run();
	driver_select(RECEIVE);
	expect("no buffer yet", returned() == 0 && !board_interrupt_waits());
	come(1514, 0x32);
	offer_buffer(0, 1526);
	expect("it comes with the buffer", returned() == 1 && returned_bytes() == 112 && memory[12] == 0x31 &&
	       memory[0] == 0 && memory[10] == 1 && memory[11] == 0 && memory[0x100 + 91] == 0x31 &&
	       memory[0x100 + 4] == 0xab && memory[0x100] == 0x31 &&
	       reg(SLOT, ISR, 1) == 1);
	offer_buffer(1, 1526);
	expect("the next", returned() == 2 && returned_bytes() == 1526 && memory[0x1100 + 1505] == 0x32);
	offer_buffer(2, 4000);
	expect("a buffer waits", returned() == 2);
	come(60, 0x33);
	board_run();
	expect("for a frame", returned() == 3 && returned_bytes() == 72);
	set_reg(SLOT, STATUS, 1, 0);
	come(60, 0x34);
	board_run();
	expect("lost where nobody listens", first == behind);
	driver_start(SLOT, MAC | LINK);
	offer_buffer(0, 1526);
	expect("for good", returned() == 0);
}

/* The driver need not tell of buffers while there are enough. */
static void test_events(void)
{
	uint16_t event;

	fresh();
	driver_start(SLOT, MAC | LINK | 1u << 29);
	for (unsigned i = 0; i < 3; i++)
		offer_buffer(i, 1526);
	for (unsigned i = 0; i < 3; i++)
		come(60, 0x51);
	board_run();
	memcpy(&event, backend_guest_memory + RING_USED + 4 + 8 * RING_SIZE, 2);
	expect("enough", returned() == 3 && event == 0);
	come(60, 0x52);
	board_run();
	memcpy(&event, backend_guest_memory + RING_USED + 4 + 8 * RING_SIZE, 2);
	expect("no more", returned() == 3 && event == 3);
}

static void test_link(void)
{
	fresh();
	driver_start(SLOT, MAC | LINK);
	network.up = 0;
	board_run();
	expect("down", reg(SLOT, CONFIG + 6, 2) == 0 && reg(SLOT, ISR, 1) == 2 && reg(SLOT, 21, 1) == 1);
	board_run();
	expect("told once", reg(SLOT, ISR, 1) == 0);
	network.up = 1;
	board_run();
	expect("up again", reg(SLOT, CONFIG + 6, 2) == 1 && reg(SLOT, ISR, 1) == 2);
}

static void test_state(void)
{
	static uint8_t saved[1 << 16];
	size_t size;

	fresh();
	driver_start(SLOT, MAC | LINK);
	offer_buffer(0, 1526);
	size = board_state_size();
	board_save(saved);
	machine_start(1);
	expect("read", size <= sizeof(saved) && !board_load(saved, size) && reg(SLOT, STATUS, 1) == 0xf);
	come(60, 0x41);
	board_run();
	driver_select(RECEIVE);
	expect("goes on there", returned() == 1);
	machine_net = NULL;
	machine_start(1);
	expect("an interface that is not there", board_load(saved, size) != NULL);
}

int main(void)
{
	test_who();
	test_send();
	test_wrong();
	test_receive();
	test_events();
	test_link();
	test_state();
	return report("net", 25);
}
