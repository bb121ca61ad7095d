/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * The network interface of a network that takes frames of up to 65,534 bytes: what it offers,
 * frames in several buffers, too few of them, wrong ones, the MTU in saved state.
 */
#include "driver.h"
#include "frames.h"
#include "../../../runtime-stubs/board/places.h"
#include <string.h>

#define SLOT NET_SLOT
#define BUFFER 0x40000u
#define BUFFERS_APART 0x2000u
enum { RECEIVE, SEND };
enum { MTU = 1 << 3, MERGED = 1 << 15 };
#define EVENTS (1u << 29)

static struct bus_net network = {
	.mac = { 2 }, .up = 1, .mtu = BUS_MTU_MOST, .send = frames_send, .receive = frames_receive,
};

static void fresh(uint32_t features)
{
	sends = first = behind = 0;
	network.mtu = BUS_MTU_MOST;
	machine_net = &network;
	machine_start(1);
	memset(backend_guest_memory + BUFFER, 0, 16 * BUFFERS_APART);
	driver_start(SLOT, features);
	driver_select(RECEIVE);
}

/* Each byte of the frame differs from those beside it. */
static void come(unsigned size)
{
	for (unsigned i = 0; i < size; i++)
		coming[behind].bytes[i] = i * 7 + (i >> 8);
	coming[behind++].size = size;
	board_run();
}

static void offer_buffer(unsigned n, unsigned bytes)
{
	describe(n, BUFFER + BUFFERS_APART * n, bytes, WRITE, 0);
	offer(SLOT, n);
}

static uint32_t used(unsigned n, unsigned part)
{
	uint32_t value;

	memcpy(&value, backend_guest_memory + RING_USED + 4 + 8 * n + 4 * part, 4);
	return value;
}

/* Returns 1 if the used elements from @from on hold the frame in buffers of @bytes each. */
static int is_in(unsigned from, unsigned size, unsigned bytes)
{
	unsigned chains = (12 + size + bytes - 1) / bytes;
	const uint8_t *header = backend_guest_memory + BUFFER + BUFFERS_APART * used(from, 0);

	if (header[10] != chains || header[11] || header[0])
		return 0;
	for (unsigned i = 0; i < size; i++) {
		unsigned n = from + (12 + i) / bytes;

		if (backend_guest_memory[BUFFER + BUFFERS_APART * used(n, 0) + (12 + i) % bytes] !=
		    (uint8_t)(i * 7 + (i >> 8)))
			return 0;
	}
	for (unsigned n = 0; n < chains; n++)
		if (used(from + n, 1) != (n + 1 < chains ? bytes : 12 + size - n * bytes))
			return 0;
	return 1;
}

static int runs(void) { return reg(SLOT, STATUS, 1) == 0xf; }

static void test_offer(void)
{
	fresh(MTU);
	set_reg(SLOT, DEVICE_SELECT, 4, 0);
	expect("offered", reg(SLOT, DEVICE_FEATURES, 4) & MTU && reg(SLOT, DEVICE_FEATURES, 4) & MERGED &&
	       runs());
	expect("the MTU", reg(SLOT, CONFIG + 10, 2) == 65520 && reg(SLOT, CONFIG + 6, 2) == 1);
	network.mtu = BUS_MTU;
	machine_start(1);
	driver_start(SLOT, MTU);
	expect("an ordinary network", !runs());
	driver_start(SLOT, MERGED);
	expect("in one buffer", !runs());
	driver_start(SLOT, 0);
	expect("no MTU is there", runs() && reg(SLOT, CONFIG + 10, 2) != 1500);
}

static void test_merged(void)
{
	fresh(MTU | MERGED);
	for (unsigned i = 0; i < 4; i++)
		offer_buffer(i, 4096);
	come(100);
	expect("a small one in one buffer", returned() == 1 && is_in(0, 100, 4096));
	come(4096 - 12);
	expect("one that fills it", returned() == 2 && is_in(1, 4096 - 12, 4096));
	come(4096 - 11);
	expect("one byte more", returned() == 4 && is_in(2, 4096 - 11, 4096));
	come(9000);
	expect("waits", returned() == 4);
	offer_buffer(4, 4096);
	offer_buffer(5, 4096);
	expect("for three", returned() == 4 && runs());
	offer_buffer(6, 4096);
	expect("and comes", returned() == 7 && is_in(4, 9000, 4096));
	come(65534 + 1);
	expect("longer than the MTU", first == behind && returned() == 7 && runs());
}

static void test_largest(void)
{
	fresh(MTU | MERGED | EVENTS);
	for (unsigned i = 0; i < 9; i++)
		offer_buffer(i, 8192);
	reg(SLOT, ISR, 1);
	come(65534);
	expect("the largest", returned() == 9 && is_in(0, 65534, 8192));
	expect("an event within its buffers", reg(SLOT, ISR, 1) == 1);
	come(60);
	offer_buffer(9, 100);
	expect("no event", returned() == 10 && reg(SLOT, ISR, 1) == 0);
	fresh(MTU);
	describe(0, BUFFER, 12, NEXT | WRITE, 1);
	describe(1, BUFFER + 12, 65534, WRITE, 0);
	offer(SLOT, 0);
	come(65534);
	expect("in one buffer", returned() == 1 && returned_bytes() == 65546 && used(0, 0) == 0 &&
	       backend_guest_memory[BUFFER + 10] == 1);
}

/* The header lies in pieces, and is wholly in the first buffer. */
static void test_pieces(void)
{
	const uint8_t *memory = backend_guest_memory + BUFFER;

	fresh(MTU | MERGED);
	describe(0, BUFFER, 11, NEXT | WRITE, 1);
	describe(1, BUFFER + 0x100, 1, NEXT | WRITE, 2);
	describe(2, BUFFER + 0x200, 50, WRITE, 0);
	offer(SLOT, 0);
	offer_buffer(3, 500);
	come(60);
	expect("in pieces", returned() == 2 && used(0, 1) == 62 && used(1, 1) == 10 && memory[10] == 2 &&
	       memory[0x201] == 7 && memory[3 * BUFFERS_APART + 9] == (uint8_t)(59 * 7));
}

static void wrong(const char *what)
{
	expect(what, reg(SLOT, STATUS, 1) & NEEDS_RESET && !returned());
	fresh(MTU | MERGED);
}

static void test_wrong(void)
{
	fresh(MTU | MERGED);
	offer_buffer(0, 11);
	come(60);
	wrong("no room for the header");
	offer_buffer(0, 100);
	describe(1, BUFFER, 4096, 0, 0);
	offer(SLOT, 1);
	come(200);
	wrong("the second one is to be read");
	offer_buffer(0, 100);
	describe(1, ~0ull << 12, 4096, WRITE, 0);
	offer(SLOT, 1);
	come(200);
	wrong("the second one is no memory");
	offer_buffer(0, 100);
	describe(1, BUFFER, 64, NEXT, 2);
	describe(2, BUFFER, 4096, WRITE, 0);
	offer(SLOT, 1);
	come(200);
	wrong("the second one is to be read in part");
	for (unsigned i = 0; i < 16; i++)
		offer_buffer(i, 100);
	come(1600);
	wrong("a ring that cannot hold it");
	fresh(MTU);
	offer_buffer(0, 1526);
	come(60);
	wrong("a buffer shorter than the MTU");
	fresh(0);
	offer_buffer(0, 1526);
	come(1515);
	expect("without the MTU, 1515 bytes are too long", returned() == 0 && runs() && first == behind);
	come(1514);
	expect("1514 are not", returned() == 1 && returned_bytes() == 1526);
}

static void send(unsigned bytes)
{
	driver_select(SEND);
	memset(backend_guest_memory + BUFFER, 0, 12);
	describe(0, BUFFER, 12 + bytes, 0, 0);
	offer(SLOT, 0);
}

static void test_send(void)
{
	fresh(MTU | MERGED);
	send(65534);
	expect("the largest is sent", sends == 1 && sent[0].size == 65534);
	send(65535);
	expect("a larger one is dropped", sends == 1 && returned() == 2 && runs());
	fresh(MERGED);
	send(1515);
	expect("without the MTU", sends == 0 && returned() == 1);
	send(1514);
	expect("as without", sends == 1);
}

static void test_state(void)
{
	static uint8_t saved[1 << 16];
	size_t size;

	fresh(MTU | MERGED);
	network.mtu = 9000;
	machine_start(1);
	driver_start(SLOT, MTU | MERGED);
	driver_select(RECEIVE);
	offer_buffer(0, 4096);
	come(9000);
	size = board_state_size();
	board_save(saved);
	network.mtu = BUS_MTU_MOST;
	machine_start(1);
	expect("read", !board_load(saved, size) && runs() && reg(SLOT, CONFIG + 10, 2) == 9000);
	driver_select(RECEIVE);
	offer_buffer(1, 4096);
	offer_buffer(2, 4096);
	come(9000);
	expect("goes on there", returned() == 3 && is_in(0, 9000, 4096));
	come(9015);
	expect("with the MTU that it was told", first == behind && returned() == 3 && runs());
	network.mtu = 8999;
	machine_start(1);
	expect("a network that takes less", board_load(saved, size) != NULL);
	network.mtu = BUS_MTU;
	machine_start(1);
	expect("or does not offer it", board_load(saved, size) != NULL);
	fresh(MERGED);
	board_save(saved);
	network.mtu = BUS_MTU;
	machine_start(1);
	expect("merged buffers that are not offered", board_load(saved, size) != NULL);
}

int main(void)
{
	test_offer();
	test_merged();
	test_largest();
	test_pieces();
	test_wrong();
	test_send();
	test_state();
	return report("net_large", 35);
}
