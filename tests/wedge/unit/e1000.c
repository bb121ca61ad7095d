/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * The 82540EM, by a driver of the test's own and a network that keeps what it was given:
 * identity, EEPROM, PHY, frames both ways, checksums, segments, interrupts, wrong rings, the
 * link, saved state.
 */
#include "driver.h"
#include "frames.h"
#include "../../../runtime-stubs/board/places.h"
#include <stdlib.h>
#include <string.h>

#define SLOT NET_SLOT
#define BUFFER 0x40000u
#define RINGS 16u		/* descriptors */
#define SEND_RING (RING + 0x1000)
#define memory backend_guest_memory

enum { CTRL = 0, STATUS_ = 8, EECD = 0x10, EERD = 0x14, MDIC = 0x20, ICR = 0xc0, ICS = 0xc8,
       IMS = 0xd0, IMC = 0xd8, RCTL = 0x100, TCTL = 0x400, RDBAL = 0x2800, RDLEN = 0x2808,
       RDH = 0x2810, RDT = 0x2818, TDBAL = 0x3800, TDLEN = 0x3808, TDH = 0x3810, TDT = 0x3818,
       TIDV = 0x3820, TADV = 0x382c, GPRC = 0x4074, GPTC = 0x4080, MTA = 0x5200, RAL = 0x5400 };
enum { EOP = 1 << 24, IC = 1 << 26, TSE = 1 << 26, RS = 1 << 27, DEXT = 1 << 29, VLE = 1 << 30,
       DATA_TYPE = 1 << 20, TCP = 1 << 24, IPV4 = 1 << 25 };
#define IDE (1u << 31)

static unsigned tail;

static struct bus_net network = {
	.mac = { 2, 3, 4, 5, 6, 7 }, .mtu = BUS_MTU, .send = frames_send, .receive = frames_receive, .model = BUS_NET_E1000,
};

static uint32_t get(unsigned offset) { return reg(SLOT, offset, 4); }
static void set(unsigned offset, uint32_t value) { set_reg(SLOT, offset, 4, value); }

static int told(void) { return board_vm.bus.high[bus_slot_line(SLOT)]; }

static void come(unsigned size, uint8_t to, uint8_t value)
{
	static const uint8_t mac[] = { 2, 3, 4, 5, 6, 7 };

	memset(coming[behind].bytes, value, size);
	memcpy(coming[behind].bytes, mac, sizeof(mac));
	if (to != mac[0])
		memset(coming[behind].bytes, to, sizeof(mac));
	coming[behind++].size = size;
}

/* A machine whose card has rings of 16, four buffers of 2 KiB, and all interrupts. */
static void fresh(void)
{
	sends = first = behind = tail = 0;
	network.up = 1;
	machine_net = &network;
	machine_now = NS;
	machine_start(1);
	memset(memory + RING, 0, 0x2000);
	config_set(SLOT, 4, 2, 7);
	for (unsigned i = 0; i < RINGS; i++) {
		uint64_t buffer = BUFFER + 0x800 * i;

		memcpy(memory + RING + 16 * i, &buffer, 8);
	}
	set(RDBAL, RING);
	set(RDLEN, 16 * RINGS);
	set(RDT, 4);
	set(TDBAL, SEND_RING);
	set(TDLEN, 16 * RINGS);
	set(IMS, ~0u);
	set(TCTL, 2);
	set(RCTL, 2 | 1 << 15);
}

static void put(uint64_t address, uint32_t command, uint32_t options)
{
	struct { uint64_t address; uint32_t command, options; } d = { address, command, options };

	memcpy(memory + SEND_RING + 16 * tail, &d, sizeof(d));
	tail = (tail + 1) % RINGS;
}

static uint8_t done(unsigned ring, unsigned n) { return memory[ring + 16 * n + 12]; }

static uint16_t eeprom(unsigned n)
{
	set(EERD, n << 8 | 1);
	expect("read at once", get(EERD) & 0x10);
	return get(EERD) >> 16;
}

/* By the wires: a command of nine bits, and so many words. */
static void wires(uint32_t command, uint16_t *words, unsigned count)
{
	set(EECD, 0x40);
	set(EECD, 0x42);
	for (unsigned i = 9; i--;) {
		uint32_t in = command >> i & 1 ? 4 : 0;

		set(EECD, 0x42 | in);
		set(EECD, 0x43 | in);
	}
	set(EECD, 0x42);
	for (unsigned i = 0; i < 16 * count; i++) {
		set(EECD, 0x43);
		words[i / 16] = words[i / 16] << 1 | (get(EECD) >> 3 & 1);
		set(EECD, 0x42);
	}
	set(EECD, 0);
}

static uint16_t phy(unsigned n)
{
	set(MDIC, 2u << 26 | 1u << 21 | n << 16);
	return get(MDIC);
}

static void test_who(void)
{
	uint16_t words[2] = { 0 }, sum = 0;

	fresh();
	expect("who it is", config_get(SLOT, 0, 4) == 0x100e8086 && config_get(SLOT, 8, 4) == 0x02000002 &&
	       config_get(SLOT, 0x2c, 4) == 0x001e8086 && config_get(SLOT, 0x3d, 1) == 1);
	for (unsigned i = 0; i < 64; i++)
		sum += eeprom(i);
	expect("the EEPROM's sum", sum == 0xbaba);
	expect("the address, in two places", eeprom(0) == 0x0302 && eeprom(2) == 0x0706 &&
	       get(RAL) == 0x05040302 && get(RAL + 4) == 0x80000706);
	wires(6 << 6 | 1, words, 2);
	expect("by the wires", words[0] == 0x0504 && words[1] == 0x0706 && !(get(EECD) & 0x80));
	set(EECD, 0x40);
	expect("granted", (get(EECD) & 0x180) == 0x180);
	expect("the PHY", phy(2) == 0x0141 && phy(3) == 0x0c20 && (phy(1) & 0x24) == 0x24 &&
	       phy(17) == 0xac00);
	set(MDIC, 1u << 26 | 1u << 21 | 4u << 16 | 0x1234);
	set(MDIC, 1u << 26 | 1u << 21 | 2u << 16 | 0x1234);
	expect("what can be written in it", phy(4) == 0x1234 && phy(2) == 0x0141);
	set(MDIC, 1u << 26 | 1u << 21 | 0u << 16 | 0x8000);
	expect("its reset", phy(4) == 0x0de1 && phy(0) == 0x1140);
	set(MDIC, 2u << 26 | 2u << 21);
	expect("no other PHY", get(MDIC) >> 30 & 1);
	get(ICR);
	set(MDIC, 2u << 26 | 1u << 21 | 1u << 16);
	expect("no interrupt", !(get(ICR) & 0x200));
	set(MDIC, 2u << 26 | 1u << 21 | 1u << 16 | 1u << 29);
	expect("an interrupt that was wished", get(ICR) & 0x200);
}

static void test_ports(void)
{
	unsigned at;

	fresh();
	at = config_get(SLOT, 0x18, 4);
	expect("ports", at & 1 && at >= 0xc001);
	config_set(SLOT, 0x18, 4, ~0u);
	config_set(SLOT, 0x10, 4, ~0u);
	expect("sizes", config_get(SLOT, 0x18, 4) == 0xffffffc1 && config_get(SLOT, 0x10, 4) == 0xfffe0000);
	config_set(SLOT, 0x18, 4, 0xd000);
	expect("moved", config_get(SLOT, 0x18, 4) == 0xd001);
	bus_write_port(&board_vm.bus, 0xd000, 4, 0x3820);
	bus_write_port(&board_vm.bus, 0xd004, 4, 0x77);
	expect("a register by ports", bus_read_port(&board_vm.bus, 0xd004, 4) == 0x77 &&
	       bus_read_port(&board_vm.bus, 0xd000, 4) == 0x3820);
	expect("gone from there", bus_read_port(&board_vm.bus, at & ~1u, 4) == ~0u);
	bus_write_port(&board_vm.bus, 0xd000, 4, ~0u);
	bus_write_port(&board_vm.bus, 0xd004, 4, ~0u);
	expect("beyond the registers", bus_read_port(&board_vm.bus, 0xd000, 4) == 0x1fffc);
	config_set(SLOT, 4, 2, 6);
	expect("closed", bus_read_port(&board_vm.bus, 0xd004, 4) == ~0u);
	config_set(SLOT, 4, 2, 7);
	config_set(SLOT, 0x18, 4, 0x40);
	expect("not where sites remember", bus_read_port(&board_vm.bus, 0x44, 4) != 0x77);
	config_set(SLOT, 0x18, 4, at);
	config_set(SLOT, 0x10, 4, 0xe0000000);
	set(IMS, 4);
	bus_write_port(&board_vm.bus, at & ~1u, 4, CTRL);
	bus_write_port(&board_vm.bus, (at & ~1u) + 4, 4, 1 << 26);
	expect("reset by ports", !get(IMS) && !get(TIDV) && get(CTRL) == 1 && !get(TDLEN));
}

static unsigned word(const uint8_t *at) { return at[0] << 8 | at[1]; }

/* The Internet's checksum over the bytes, in another way than the device's. */
static unsigned sum(const uint8_t *bytes, unsigned size, unsigned before)
{
	for (unsigned i = 0; i < size; i++)
		before += i & 1 ? bytes[i] : bytes[i] << 8;
	return before % 0xffff;
}

static void test_send(void)
{
	unsigned before;

	fresh();
	memset(memory + BUFFER, 0x11, 1600);
	put(BUFFER, 20, 0);
	set(TDT, tail);
	expect("not whole yet", !sends && !get(TDH));
	put(BUFFER + 20, 40 | EOP | RS, 0);
	set(TDT, tail);
	expect("sent", sends == 1 && sent[0].size == 60 && sent[0].bytes[59] == 0x11 && get(TDH) == 2 &&
	       !done(SEND_RING, 0) && done(SEND_RING, 1) == 1);
	expect("told", told() && get(ICR) == 3 && !get(ICR));
	put(BUFFER, 1514 | EOP, 0);
	put(BUFFER, 1515 | EOP, 0);
	put(BUFFER, 13 | EOP | RS, 0);
	set(TDT, tail);
	expect("the longest, and no sizes that are none", sends == 2 && sent[1].size == 1514 &&
	       get(TDH) == 5 && done(SEND_RING, 4) == 1);
	set(TCTL, 2 | 8);
	put(BUFFER, 42 | EOP, 0);
	set(TDT, tail);
	expect("filled up", sends == 3 && sent[2].size == 60 && !sent[2].bytes[42]);
	put(BUFFER, 60 | EOP | VLE, 0);
	put(MACHINE_MEMORY - 30, 60 | EOP, 0);
	set(TDT, tail);
	expect("a tag, and no memory", sends == 3 && get(TDH) == 8);
	memory[BUFFER + 30] = 0xab;
	before = word(memory + BUFFER + 40);
	put(BUFFER, 60 | EOP | IC | 40 << 16, 14 << 8);
	set(TDT, tail);
	expect("a checksum of old", sends == 4 && !sum(sent[3].bytes + 14, 46, before));
	expect("counted", get(GPTC) == 4 && !get(GPTC) && get(0x4090) == 60 + 1514 + 60 + 60 + 16 &&
	       get(0x40d8) == 3 && get(0x40ec) == 1);
}

/* 13.7.19 to 13.7.24, 13.7.31 and following: a frame counts by its bytes, CRC included. */
static void test_sizes(void)
{
	static const unsigned sizes[] = { 64, 65, 127, 128, 255, 256, 511, 512, 1023, 1024, 1518 };

	fresh();
	for (unsigned i = 0; i < 11; i++) {
		put(BUFFER, (sizes[i] - 4) | EOP, 0);
		come(sizes[i] - 4, 2, i);
		set(TDT, tail);
		set(RDT, (i + 5) % RINGS);
		board_run();
	}
	for (unsigned class = 0; class < 6; class++)
		expect("a class of sizes", get(0x40d8 + 4 * class) == (class ? 2 : 1) &&
		       get(0x405c + 4 * class) == (class ? 2 : 1));
}

/* A checksum that has no place in its frame is not made (3.3.3.1). */
static void test_no_checksum(void)
{
	static const uint8_t places[][2] = { { 70, 40 }, { 60, 40 }, { 14, 59 }, { 14, 200 } };

	fresh();
	for (unsigned i = 0; i < 200; i++)
		memory[BUFFER + i] = i * 5 + 1;
	for (unsigned i = 0; i < 4; i++) {
		put(BUFFER, 60 | EOP | IC | places[i][1] << 16, places[i][0] << 8);
		set(TDT, tail);
		expect("sent as it is", sends == i + 1 && !memcmp(sent[i].bytes, memory + BUFFER, 60));
	}
}

/* A context: IP from 14 on, TCP from 34 on, its checksum at 50. */
static void put_context(uint32_t command, unsigned header, unsigned segment)
{
	put(14 | 24 << 8 | 33 << 16 | 34ull << 32 | 50ull << 40, DEXT | command,
	    header << 8 | segment << 16);
}

static void test_checksum(void)
{
	fresh();
	for (unsigned i = 0; i < 1600; i++)
		memory[BUFFER + i] = i * 7;
	memory[BUFFER + 24] = memory[BUFFER + 25] = 0;
	put_context(TCP | IPV4 | RS, 0, 0);
	put(BUFFER, 10 | DEXT | DATA_TYPE, 0x300);
	put(BUFFER + 10, 1001 | DEXT | DATA_TYPE | EOP | RS, 0);
	set(TDT, tail);
	expect("sums of both kinds", sends == 1 && sent[0].size == 1011 && !sum(sent[0].bytes + 14, 20, 0) &&
	       !sum(sent[0].bytes + 34, 977, word(memory + BUFFER + 50)) &&
	       done(SEND_RING, 0) == 1);
}

/* The headers of a segment of TCP over IPv4 at BUFFER. */
static void put_headers(void)
{
	static const uint8_t ip[] = { 0x45, 0, 0, 0, 0xff, 0xfe, 0x40, 0, 64, 6, 0, 0, 10, 0, 2, 15, 10, 0, 2, 2 };
	static const uint8_t tcp[] = { 1, 2, 3, 4, 0xff, 0xff, 0xf0, 0, 9, 9, 9, 9, 0x50, 0x19, 1, 0, 0, 0, 0, 0 };
	unsigned pseudo = sum(ip + 12, 8, 6);

	memset(memory + BUFFER, 0x22, 14);
	memcpy(memory + BUFFER + 14, ip, 20);
	memcpy(memory + BUFFER + 34, tcp, 20);
	memory[BUFFER + 50] = pseudo >> 8;
	memory[BUFFER + 51] = pseudo;
	for (unsigned i = 54; i < 0x4000; i++)
		memory[BUFFER + i] = i * 13;
}

static int is_segment(unsigned n, unsigned bytes, int last)
{
	const uint8_t *frame = sent[n].bytes;
	unsigned pseudo = sum(frame + 26, 8, 6 + 20 + bytes);
	uint32_t sequence = 0xfffff000u + 1000 * n;

	return sent[n].size == 54 + bytes && word(frame + 16) == 40 + bytes &&
	       word(frame + 18) == ((0xfffe + n) & 0xffff) &&
	       word(frame + 38) == sequence >> 16 && word(frame + 40) == (sequence & 0xffff) && frame[47] == (last ? 0x19 : 0x10) &&
	       !sum(frame + 14, 20, 0) && !sum(frame + 34, 20 + bytes, pseudo) &&
	       !memcmp(frame + 54, memory + BUFFER + 54 + 1000 * n, bytes);
}

static void test_segments(void)
{
	fresh();
	put_headers();
	put_context(TCP | IPV4 | TSE, 54, 1000);
	put(BUFFER, 54 | DEXT | DATA_TYPE | TSE, 0x300);
	put(BUFFER + 54, 5001 | DEXT | DATA_TYPE | TSE | EOP | RS, 0);
	set(TDT, tail);
	expect("six segments", sends == 6 && is_segment(0, 1000, 0) && is_segment(1, 1000, 0) &&
	       is_segment(4, 1000, 0) && is_segment(5, 1, 1));
	sends = 0;
	put_context(IPV4 | TSE, 54, 1000);
	put(BUFFER, 1054 | DEXT | DATA_TYPE | TSE | EOP, 0);
	set(TDT, tail);
	expect("a segment of UDP", sends == 1 && word(sent[0].bytes + 38) == 1020);
	sends = 0;
	put_context(TCP | TSE, 54, 1000);
	put(BUFFER, 1054 | DEXT | DATA_TYPE | TSE | EOP, 0);
	set(TDT, tail);
	expect("of IPv6", sends == 1 && word(sent[0].bytes + 18) == 1000);
	sends = 0;
	put_context(TCP | IPV4 | TSE, 53, 1000);
	put(BUFFER, 1054 | DEXT | DATA_TYPE | TSE | EOP, 0);
	put_context(TCP | IPV4 | TSE, 54, 31);
	put(BUFFER, 1054 | DEXT | DATA_TYPE | TSE | EOP, 0);
	put_context(TCP | IPV4 | TSE, 54, 1461);
	put(BUFFER, 1054 | DEXT | DATA_TYPE | TSE | EOP, 0);
	set(TDT, tail);
	put_context(TCP | IPV4 | TSE, 54, 1000);
	put(BUFFER, 0x10037 | DEXT | DATA_TYPE | TSE | EOP, 0);
	put(BUFFER, 53 | DEXT | DATA_TYPE | TSE | EOP, 0);
	set(TDT, tail);
	expect("none of sizes that are none", !sends && get(TDH) == get(TDT));
}

static void test_wrong(void)
{
	fresh();
	for (unsigned i = 0; i < 15; i++)
		put(BUFFER, 60, 0);
	set(TDT, tail);
	expect("no end", !sends && !get(TDH));
	set(TDT, 16);
	set(TDT, 0xffff);
	set(TDH, 16);
	set(TDT, 3);
	expect("beyond the ring", !sends);
	set(TDH, 0);
	set(TDBAL, MACHINE_MEMORY);
	set(TDT, 1);
	set(TDBAL + 4, 1);
	set(TDT, 2);
	set(TDBAL + 4, 0);
	set(TDBAL, SEND_RING);
	set(TDLEN, 0);
	set(TDT, 0);
	expect("no ring", !sends);
	set(TDLEN, 0x2000);
	set(TDT, 0);
	for (unsigned i = 0; i < 70; i++) {
		uint32_t d[4] = { BUFFER, 0, 14 | (i == 69 ? EOP : 0), 0 };

		memcpy(memory + SEND_RING + 16 * i, d, 16);
	}
	set(TDT, 70);
	expect("too many parts", !sends && get(TDH) == 70);
	set(RDT, 0x200);
	come(60, 2, 1);
	board_run();
	expect("no buffers beyond the ring", !get(RDH) && !(get(ICR) & 0x80));
	set(RDBAL, MACHINE_MEMORY);
	set(RDT, 5);
	expect("none where no memory is", !get(RDH));
	config_set(SLOT, 4, 2, 3);
	set(RDBAL, RING);
	set(RDT, 5);
	expect("none without being master", !get(RDH));
	config_set(SLOT, 4, 2, 7);
	come(60, 2, 1);
	memset(memory + RING, 0xff, 8);
	board_run();
	expect("a buffer that is no memory", get(RDH) == 1 && done(RING, 0) == 7);
}

static void test_receive(void)
{
	const uint8_t *buffer = memory + BUFFER;

	fresh();
	come(100, 2, 0x31);
	board_run();
	expect("it comes", get(RDH) == 1 && done(RING, 0) == 7 && memory[RING + 8] == 104 && buffer[0] == 2 &&
	       buffer[99] == 0x31 && !buffer[100] && told() && get(ICR) & 0x80);
	set(RCTL, 2 | 1 << 26);
	come(20, 2, 0x32);
	board_run();
	expect("filled up, without a check sequence", get(RDH) == 2 && memory[RING + 16 + 8] == 60 &&
	       buffer[0x813] == 0x32 && !buffer[0x814]);
	come(60, 0xff, 0x33);
	come(60, 8, 0x34);
	come(60, 5, 0x35);
	board_run();
	expect("not for it", get(RDH) == 2 && first == behind);
	set(RCTL, 2 | 1 << 15 | 1 << 26);
	set(MTA, 0);
	set(MTA + 4 * (0x50 >> 5), 1 << (0x50 & 31));	/* bits 47 to 36 of 05:05:05:05:05:05 */
	come(60, 0xff, 0x33);
	come(60, 5, 0x35);
	come(60, 7, 0x36);
	board_run();
	come(1515, 2, 0x38);
	board_run();
	expect("too long", get(RDH) == 4 && first == behind);
	expect("to all, to a group", get(RDH) == 4 && buffer[0x1000] == 0xff && buffer[0x1800] == 5);
	come(1514, 2, 0x37);
	board_run();
	expect("no buffer", get(RDH) == 4);
	set(RCTL, 2 | 3 << 16);
	set(RDT, 9);
	expect("too few of 256 bytes", get(RDH) == 4);
	set(RDT, 10);
	expect("in six", get(RDH) == 10 && done(RING, 4) == 1 && done(RING, 9) == 7 &&
	       memory[RING + 16 * 9 + 8] == 1518 - 5 * 256 && buffer[0x800 * 9 + 233] == 0x37);
	expect("bytes, with check sequences", get(0x40c0) == 104 + 3 * 64 + 1518 && get(0x40c4) == 0 &&
	       get(0x4088) == 104 + 3 * 64 + 1518);
	expect("a byte of a register", reg(SLOT, RDLEN + 1, 1) == 1 && reg(SLOT, RDLEN, 1) == 0);
	expect("counted", get(GPRC) == 5 && get(0x4078) == 1 && get(0x407c) == 1);
	set(RDT, 3);
	for (unsigned i = 0; i < 8; i++)
		come(60, 2, i);
	board_run();
	expect("around the end", get(RDH) == 2 && get(ICR) & 0x10);
	expect("no register there", get(0x5f00) == 0);
	come(60, 2, 9);
	board_run();
	set(CTRL, 1 << 26);
	set(RDBAL, RING);
	set(RDLEN, 16 * RINGS);
	set(RDT, 4);
	set(RCTL, 2 | 1 << 15);
	board_run();
	expect("a frame that waited is gone with a reset", get(RDH) == 0);
}

static void test_interrupts(void)
{
	fresh();
	set(ICR, ~0u);
	set(IMC, ~0u);
	set(ICS, 4);
	expect("masked", !told() && get(IMS) == 0);
	set(IMS, 4);
	expect("no more", told());
	set(ICR, 4);
	expect("taken back", !told());
	set(TIDV, 8);
	set(TADV, 32);
	set(IMS, 1);
	put(BUFFER, 60 | EOP | RS | IDE, 0);
	set(TDT, tail);
	expect("told later", sends == 1 && done(SEND_RING, 0) == 1 && !told() &&
	       machine_next >= machine_now);
	machine_now += MS;
	board_run();
	expect("now", told() && get(ICR) & 1);
	put(BUFFER, 60 | EOP | RS | IDE, 0);
	set(TDT, tail);
	expect("seen before", get(ICR) & 1);
	machine_now += MS;
	board_run();
	expect("and not told then", !told());
}

static void test_link(void)
{
	fresh();
	network.up = 0;
	board_run();
	expect("down", !(get(STATUS_) & 2) && get(ICR) & 4 && !(phy(1) & 4));
	network.up = 1;
	board_run();
	expect("up", get(STATUS_) & 2 && get(ICR) & 4 && phy(1) & 4);
}

static void test_state(void)
{
	static uint8_t saved[1 << 16];
	size_t size;

	fresh();
	set(TIDV, 8);
	put(BUFFER, 60 | EOP | RS | IDE, 0);
	set(TDT, tail);
	config_set(SLOT, 0x18, 4, 0xd000);
	size = board_state_size();
	board_save(saved);
	machine_start(1);
	expect("read", size <= sizeof(saved) && !board_load(saved, size) && get(TDH) == 1 &&
	       bus_read_port(&board_vm.bus, 0xd000, 4) == 0);
	board_run();
	expect("what was to be told", get(ICR) & 1);
	come(60, 2, 0x41);
	board_run();
	expect("goes on there", get(RDH) == 1);
	network.model = BUS_NET_VIRTIO;
	machine_start(1);
	expect("another card", board_load(saved, size) != NULL);
	machine_net = NULL;
	machine_start(1);
	expect("none", board_load(saved, size) != NULL);
	network.model = BUS_NET_E1000;
}

int main(void)
{
	test_who();
	test_ports();
	test_send();
	test_sizes();
	test_no_checksum();
	test_checksum();
	test_segments();
	test_wrong();
	test_receive();
	test_interrupts();
	test_link();
	test_state();
	return report("e1000", 121);
}
