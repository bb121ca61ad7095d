/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * virtio's block device, by a driver of the test's own: its life, requests of each kind, rings
 * that are wrong, disks that take their time, saved state.
 */
#include "driver.h"
#include "disks.h"
#include "../../../runtime-stubs/board/places.h"

enum { IN = 0, OUT = 1, FLUSH = 4, GET_ID = 8, DISCARD = 11, ZEROES = 13 };
enum { SLOT = DISK_SLOT, RO_SLOT = DISK_SLOT + 1 };
#define BUFFER 0x30000u

static uint32_t features(unsigned slot, unsigned half)
{
	set_reg(slot, DEVICE_SELECT, 4, half);
	return reg(slot, DEVICE_FEATURES, 4);
}

static void test_life(void)
{
	fresh(1);
	expect("offered", features(SLOT, 0) == (3u << 28 | 1 << 14 | 1 << 13 | 1 << 9 | 1 << 2) &&
	       features(SLOT, 1) == 1 && features(SLOT, 2) == 0 && features(RO_SLOT, 0) & 1 << 5);
	set_reg(SLOT, STATUS, 1, ACKNOWLEDGE | DRIVER | DRIVER_OK);
	expect("not without features", reg(SLOT, STATUS, 1) == (ACKNOWLEDGE | DRIVER));
	set_reg(SLOT, STATUS, 1, ACKNOWLEDGE | DRIVER | FEATURES_OK);
	expect("not a legacy driver", !(reg(SLOT, STATUS, 1) & FEATURES_OK));
	driver_start(SLOT, 1u << 30);
	expect("nothing that was not offered", !(reg(SLOT, STATUS, 1) & (FEATURES_OK | DRIVER_OK)));
	driver_start(SLOT, 0);
	expect("running", reg(SLOT, STATUS, 1) == (ACKNOWLEDGE | DRIVER | FEATURES_OK | DRIVER_OK));
	expect("what was set", reg(SLOT, QUEUE_SIZE, 2) == RING_SIZE && reg(SLOT, DESCRIPTORS, 4) == RING &&
	       reg(SLOT, QUEUE_ENABLE, 2) == 1 && reg(SLOT, USED, 4) == RING_USED);
	set_reg(SLOT, DESCRIPTORS, 4, 0);
	set_reg(SLOT, DRIVER_FEATURES, 4, ~0u);
	expect("is set", reg(SLOT, DESCRIPTORS, 4) == RING && reg(SLOT, DRIVER_FEATURES, 4) == 1);
	set_reg(SLOT, QUEUE_SELECT, 2, 1);
	expect("no second queue", reg(SLOT, QUEUE_SIZE, 2) == 0);
	set_reg(SLOT, QUEUE_SIZE, 2, 4);
	set_reg(SLOT, QUEUE_SELECT, 2, 0);
	store(bar(SLOT, 0) + STATUS, 4, 0);
	expect("a part of a field", reg(SLOT, STATUS, 1) != 0);
	expect("capacity", reg(SLOT, CONFIG, 4) == SECTORS && reg(SLOT, CONFIG + 20, 4) == 512 &&
	       reg(SLOT, CONFIG + 36, 4) && reg(SLOT, CONFIG + 40, 4) == 1 && reg(SLOT, CONFIG + 44, 4) == 1 &&
	       reg(SLOT, CONFIG + 48, 4) && reg(SLOT, CONFIG + 52, 4) == 1 && reg(SLOT, CONFIG + 56, 1) == 1 &&
	       load(bar(SLOT, 0) + CONFIG, 8) == SECTORS && reg(SLOT, CONFIG + 0x800, 4) == 0 &&
	       reg(SLOT, NOTIFY, 4) == 0);
	set_reg(SLOT, STATUS, 1, 0);
	expect("reset", reg(SLOT, STATUS, 1) == 0 && reg(SLOT, QUEUE_SIZE, 2) == 128 &&
	       reg(SLOT, QUEUE_ENABLE, 2) == 0);
	set_reg(SLOT, QUEUE_ENABLE, 2, 1);
	expect("a queue before features", reg(SLOT, STATUS, 1) == NEEDS_RESET);
}

static void test_requests(void)
{
	uint8_t *buffer = backend_guest_memory + BUFFER;

	fresh(1);
	driver_start(SLOT, 1u << 28);
	expect("read", block_request(SLOT, IN, 3, BUFFER, 1024, 1) == 0 && buffer[0] == 0x10 &&
	       buffer[1023] == 0x10 && returned_bytes() == 1025);
	memset(buffer, 0x77, 512);
	expect("write", block_request(SLOT, OUT, SECTORS - 1, BUFFER, 512, 0) == 0 &&
	       contents[0][sizeof(contents[0]) - 1] == 0x77 && returned_bytes() == 1 &&
	       contents[0][sizeof(contents[0]) - 513] == 0x10);
	expect("flush", block_request(SLOT, FLUSH, 0, 0, 0, 0) == 0);
	expect("past the end", block_request(SLOT, IN, SECTORS, BUFFER, 512, 1) == 1 &&
	       block_request(SLOT, OUT, SECTORS - 1, BUFFER, 1024, 0) == 1 &&
	       block_request(SLOT, IN, ~0ull, BUFFER, 1024, 1) == 1);
	expect("no whole sector", block_request(SLOT, OUT, 0, BUFFER, 100, 0) == 1 && contents[0][0] == 0x10);
	expect("its name", block_request(SLOT, GET_ID, 0, BUFFER, 20, 1) == 0 &&
	       !strcmp((char *)buffer, "first") && returned_bytes() == 21);
	expect("its name, cut", block_request(SLOT, GET_ID, 0, BUFFER, 3, 1) == 0 && returned_bytes() == 4);
	expect("unknown", block_request(SLOT, 99, 0, BUFFER, 512, 1) == 2);
	expect("status as it was", reg(SLOT, STATUS, 1) == (ACKNOWLEDGE | DRIVER | FEATURES_OK | DRIVER_OK));
	driver_start(RO_SLOT, 0);
	expect("read-only", block_request(RO_SLOT, IN, 0, BUFFER, 512, 1) == 0 && buffer[0] == 0x11 &&
	       block_request(RO_SLOT, OUT, 0, BUFFER, 512, 0) == 1 && contents[1][0] == 0x11 &&
	       block_request(RO_SLOT, FLUSH, 0, 0, 0, 0) == 0);
}

static int range(unsigned type, uint64_t sector, uint32_t sectors, uint32_t flags, uint32_t bytes)
{
	struct { uint64_t sector; uint32_t sectors, flags; } range = { sector, sectors, flags };

	memcpy(backend_guest_memory + BUFFER, &range, sizeof(range));
	return block_request(SLOT, type, 0, BUFFER, bytes, 0);
}

static void test_ranges(void)
{
	fresh(1);
	driver_start(SLOT, 0);
	expect("zeroes", range(ZEROES, 2, 3, 1, 16) == 0 && contents[0][2 * 512] == 0 &&
	       contents[0][5 * 512 - 1] == 0 && contents[0][5 * 512] == 0x10 && contents[0][1023] == 0x10);
	expect("discard", range(DISCARD, 8, 1, 0, 16) == 0);
	expect("flags", range(DISCARD, 8, 1, 1, 16) == 2 && range(ZEROES, 8, 1, 2, 16) == 2);
	expect("past the end", range(ZEROES, SECTORS - 1, 2, 0, 16) == 1 && range(DISCARD, ~0ull, 1, 0, 16) == 1);
	expect("two at once, or a piece of one", range(ZEROES, 0, 1, 0, 32) == 1 && range(ZEROES, 0, 1, 0, 8) == 1);
	expect("too long", range(ZEROES, 0, 0x400001, 0, 16) == 1 && contents[0][0] == 0x10);
}

/* A header, data and status in pieces that nothing asks for. */
static void test_framing(void)
{
	uint8_t *memory = backend_guest_memory;
	struct { uint32_t type, reserved; uint64_t sector; } header = { OUT, 0, 1 };

	fresh(1);
	driver_start(SLOT, 0);
	memcpy(memory + DATA, &header, sizeof(header));
	memset(memory + DATA + 16, 0x55, 512);
	describe(0, DATA, 5, NEXT, 1);
	describe(1, DATA + 5, 11 + 200, NEXT, 2);
	describe(2, DATA + 216, 312, NEXT, 3);
	describe(3, DATA + 0x1000, 1, WRITE, 0);
	offer(SLOT, 0);
	expect("written in pieces", returned() == 1 && memory[DATA + 0x1000] == 0 &&
	       contents[0][512] == 0x55 && contents[0][1023] == 0x55 && contents[0][1024] == 0x10);
	header.type = IN;
	memcpy(memory + DATA, &header, sizeof(header));
	describe(0, DATA, 16, NEXT, 1);
	describe(1, BUFFER, 500, NEXT | WRITE, 2);
	describe(2, BUFFER + 500, 13, WRITE, 0);
	offer(SLOT, 0);
	expect("read with the status behind", returned() == 2 && returned_bytes() == 513 &&
	       memory[BUFFER + 511] == 0x55 && memory[BUFFER + 512] == 0);
	/* The same by an indirect table. */
	memcpy(memory + RING + 0x800, memory + RING, 48);
	describe(5, RING + 0x800, 48, INDIRECT, 0);
	memory[BUFFER] = 0;
	offer(SLOT, 5);
	expect("indirect", returned() == 3 && memory[BUFFER] == 0x55);
}

/* Each of these is wrong with the ring. */
static void wrong(const char *what, unsigned slot, unsigned head)
{
	int good;

	offer(slot, head);
	good = reg(slot, STATUS, 1) & NEEDS_RESET && returned() == 0;
	offer(slot, head);
	expect(what, good && returned() == 0);
	driver_start(slot, 1u << 28);
}

static void test_malformed(void)
{
	uint8_t *memory = backend_guest_memory;

	fresh(1);
	driver_start(SLOT, 1u << 28);
	wrong("no such head", SLOT, RING_SIZE);
	describe(0, DATA, 16, NEXT, RING_SIZE);
	wrong("no such next", SLOT, 0);
	describe(0, DATA, 16, NEXT, 0);
	wrong("a loop", SLOT, 0);
	describe(0, MACHINE_MEMORY, 16, 0, 0);
	wrong("no memory", SLOT, 0);
	describe(0, MACHINE_MEMORY - 8, 16, 0, 0);
	wrong("half memory", SLOT, 0);
	describe(0, ~0ull - 4, 16, 0, 0);
	wrong("past the last address", SLOT, 0);
	describe(0, bar(SLOT, 0), 16, 0, 0);
	wrong("a device", SLOT, 0);
	describe(0, DATA, 0, 0, 0);
	wrong("nothing", SLOT, 0);
	describe(0, DATA, 16, 0, 0);
	wrong("no status", SLOT, 0);
	describe(0, DATA, 15, NEXT, 1);
	describe(1, DATA + 0x100, 1, WRITE, 0);
	wrong("half a header", SLOT, 0);
	describe(0, DATA, 16, NEXT | WRITE, 1);
	describe(1, DATA + 0x100, 1, 0, 0);
	wrong("read behind written", SLOT, 0);
	describe(0, RING + 0x800, 32, INDIRECT | NEXT, 0);
	wrong("indirect with a next", SLOT, 0);
	describe(0, RING + 0x800, 24, INDIRECT, 0);
	wrong("half a descriptor", SLOT, 0);
	describe(0, MACHINE_MEMORY - 16, 32, INDIRECT, 0);
	wrong("an indirect table that is no memory", SLOT, 0);
	describe(0, RING + 16, 16, INDIRECT, 0);
	describe(1, RING + 16, 16, INDIRECT, 0);
	wrong("indirect twice", SLOT, 0);
	describe(0, RING + 16, 16, INDIRECT, 0);
	describe(1, DATA, 16, NEXT, 1);
	wrong("past the indirect table", SLOT, 0);
	memory[RING_AVAILABLE + 2] = RING_SIZE + 1;
	set_reg(SLOT, NOTIFY, 2, 0);
	expect("more than the ring has", reg(SLOT, STATUS, 1) & NEEDS_RESET);
	driver_start(SLOT, 0);
	expect("as if nothing had been", block_request(SLOT, IN, 0, BUFFER, 512, 1) == 0);
}

/* A queue that cannot be. */
static void bad_queue(const char *what, unsigned offset, uint64_t value)
{
	set_reg(SLOT, STATUS, 1, 0);
	set_reg(SLOT, STATUS, 1, 3);
	set_reg(SLOT, DRIVER_SELECT, 4, 1);
	set_reg(SLOT, DRIVER_FEATURES, 4, 1);
	set_reg(SLOT, DRIVER_SELECT, 4, 0);
	set_reg(SLOT, DRIVER_FEATURES, 4, 1u << 29);
	set_reg(SLOT, STATUS, 1, 0xb);
	set_reg(SLOT, DESCRIPTORS, 4, RING);
	set_reg(SLOT, AVAILABLE, 4, RING_AVAILABLE);
	set_reg(SLOT, USED, 4, RING_USED);
	store(bar(SLOT, 0) + offset, offset == QUEUE_SIZE ? 2 : 8, value);
	set_reg(SLOT, QUEUE_ENABLE, 2, 1);
	expect(what, reg(SLOT, STATUS, 1) & NEEDS_RESET && reg(SLOT, QUEUE_ENABLE, 2) == 0);
}

static void test_bad_queues(void)
{
	fresh(1);
	bad_queue("no power of two", QUEUE_SIZE, 48);
	bad_queue("no descriptors", QUEUE_SIZE, 0);
	bad_queue("too many", QUEUE_SIZE, 256);
	bad_queue("descriptors off their place", DESCRIPTORS, RING + 8);
	bad_queue("available off its place", AVAILABLE, RING_AVAILABLE + 1);
	bad_queue("used off its place", USED, RING_USED + 2);
	bad_queue("descriptors nowhere", DESCRIPTORS, 1ull << 40);
	bad_queue("available nowhere", AVAILABLE, 0xfee00000);
	bad_queue("used half nowhere", USED, MACHINE_MEMORY - 16);
	bad_queue("no room for an event", USED, MACHINE_MEMORY - 4 - 8 * 128);
	driver_start(SLOT, 0);
	config_set(SLOT, 4, 2, 2);
	expect("no bus master", block_request(SLOT, FLUSH, 0, 0, 0, 0) == -1);
	config_set(SLOT, 4, 2, 6);
	set_reg(SLOT, NOTIFY, 2, 0);
	expect("and now", returned() == 1);
}

/* A disk that takes its time. */
static struct bus_disk_request *held[16];
static unsigned holds;

static void hold(struct bus_disk *disk, struct bus_disk_request *request)
{
	(void)disk;
	held[holds++] = request;
}

static void finish(unsigned n, int failed)
{
	struct bus_disk_request *request = held[n];

	held[n] = held[--holds];
	request->done(request, failed);
}

static void offer_flush(unsigned n)
{
	memset(backend_guest_memory + DATA, 0, 16);
	backend_guest_memory[DATA] = FLUSH;
	describe(n, DATA, 16, NEXT, n + 1);
	describe(n + 1, DATA + 0x100 + n, 1, WRITE, 0);
	offer(SLOT, n);
}

static void test_waiting(void)
{
	fresh(1);
	disks[0].disk.submit = hold;
	driver_start(SLOT, 0);
	holds = 0;
	offer_flush(0);
	expect("under way", holds == 1 && returned() == 0);
	finish(0, 1);
	expect("failed", returned() == 1 && backend_guest_memory[DATA + 0x100] == 1);
	for (unsigned i = 0; i < 8; i++)
		offer_flush(2 * (i % 7));
	expect("several", holds == 8);
	offer_flush(14);
	expect("one more has to wait", holds == 8 && returned() == 1);
	finish(3, 0);
	expect("until there is room", holds == 8 && returned() == 2);
	while (holds)
		finish(0, 0);
	expect("all of them", returned() == 10);
	offer_flush(0);
	set_reg(SLOT, STATUS, 1, 0);
	expect("a reset waits", reg(SLOT, STATUS, 1) != 0);
	set_reg(SLOT, STATUS, 1, 0x3f);
	expect("and nothing else", reg(SLOT, STATUS, 1) == 0xf);
	finish(0, 0);
	expect("until nothing is under way", reg(SLOT, STATUS, 1) == 0 && returned() == 10);
}

/* What the device requests of the driver, of the first queue; and the driver the device. */
static unsigned requested(void)
{
	uint16_t event;

	memcpy(&event, backend_guest_memory + RING_USED + 4 + 8 * RING_SIZE, 2);
	return event;
}

static void request(uint16_t event)
{
	memcpy(backend_guest_memory + RING_AVAILABLE + 4 + 2 * RING_SIZE, &event, 2);
}

static void test_events(void)
{
	unsigned told = 0;

	fresh(1);
	driver_start(SLOT, 1u << 29);
	backend_guest_memory[RING_AVAILABLE] = 1;	/* of no meaning now */
	expect("told of the first", block_request(SLOT, FLUSH, 0, 0, 0, 0) == 0 && reg(SLOT, ISR, 1) == 1 &&
	       requested() == 1);
	request(3);
	expect("not of the next ones", block_request(SLOT, FLUSH, 0, 0, 0, 0) == 0 &&
	       block_request(SLOT, FLUSH, 0, 0, 0, 0) == 0 && reg(SLOT, ISR, 1) == 0 && requested() == 3);
	expect("but of the fourth", block_request(SLOT, FLUSH, 0, 0, 0, 0) == 0 && reg(SLOT, ISR, 1) == 1);
	expect("once", block_request(SLOT, FLUSH, 0, 0, 0, 0) == 0 && reg(SLOT, ISR, 1) == 0);
	request(2);
	for (unsigned i = 0; i < 0x10000; i++) {
		block_request(SLOT, FLUSH, 0, 0, 0, 0);
		told += reg(SLOT, ISR, 1);
	}
	expect("and when the index has come round", told == 1 && returned() == 5 && requested() == 5);
	disks[0].disk.submit = hold;
	holds = 0;
	for (unsigned i = 0; i < 9; i++)
		offer_flush(2 * (i % 7));
	expect("requests nothing while it is busy", holds == 8 && requested() == 12);
	while (holds)
		finish(0, 0);
	expect("and then", returned() == 14 && requested() == 14);
}

static uint8_t saved[32768];

static void test_state(void)
{
	size_t size;

	fresh(1);
	disks[0].disk.submit = hold;
	driver_start(SLOT, 0);
	holds = 0;
	offer_flush(4);
	size = board_state_size();
	expect("room", size <= sizeof(saved));
	board_save(saved);
	holds = 0;
	machine_start(1);
	expect("read, and begun once more", !board_load(saved, size) && holds == 1 && returned() == 0);
	finish(0, 0);
	expect("finished there", returned() == 1 && reg(SLOT, ISR, 1) == 1);
	fresh(1);
	driver_start(SLOT, 1u << 29);
	board_save(saved);
	machine_start(1);
	expect("events there", !board_load(saved, size) && block_request(SLOT, FLUSH, 0, 0, 0, 0) == 0 &&
	       requested() == 1);
	disks[0].disk.submit = hold;
	machine_disks[1] = NULL;
	driver_start(RO_SLOT, 0);
	board_save(saved);
	machine_start(1);
	expect("a disk that is not there", board_load(saved, size) != NULL);
}

int main(void)
{
	test_life();
	test_requests();
	test_ranges();
	test_framing();
	test_malformed();
	test_bad_queues();
	test_waiting();
	test_events();
	test_state();
	return report("virtio", 79);
}
