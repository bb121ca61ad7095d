/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * PCI and what stands on it, by a driver of the test's own: configuration, BARs that
 * move, interrupts by line and by message, virtio's life, block requests of each kind,
 * rings that are wrong, disks that take their time.
 */
#include "driver.h"
#include "../../../runtime-stubs/board/places.h"
#include "../../../runtime-stubs/wedge/entropy.h"
#include "../../../runtime-stubs/bus/memory_disk.h"
#include <string.h>

#define SECTORS 64u
enum { IN = 0, OUT = 1, FLUSH = 4, GET_ID = 8, DISCARD = 11, ZEROES = 13 };
enum { SLOT = DISK_SLOT, RO_SLOT = DISK_SLOT + 1 };
#define BUFFER 0x30000u

static uint8_t contents[2][SECTORS * 512];
static struct memory_disk disks[2];

static void fresh(unsigned vcpus)
{
	for (unsigned i = 0; i < 2; i++) {
		memset(contents[i], 0x10 + i, sizeof(contents[i]));
		memory_disk_init(&disks[i], contents[i], sizeof(contents[i]), i, i ? "second" : "first");
		machine_disks[i] = &disks[i].disk;
	}
	machine_start(vcpus);
}

static void test_configuration(void)
{
	fresh(1);
	expect("who it is", config_get(SLOT, 0, 4) == 0x10421af4 && config_get(SLOT, 0x2c, 4) == 0x11001af4 &&
	       config_get(SLOT, 8, 4) == 0x01000001);
	expect("no other functions", config_get(SLOT + 2, 0, 4) == ~0u && config_get(0, 0, 4) == 0x12378086);
	bus_write_port(&board_vm.bus, 0xcf8, 4, 0x80000000u | SLOT << 11 | 1 << 8);
	expect("one function in a slot", bus_read_port(&board_vm.bus, 0xcfc, 4) == ~0u);
	config_set(SLOT, 0, 4, 0x12345678);
	expect("it stays that", config_get(SLOT, 0, 4) == 0x10421af4);
	expect("lines as firmware leaves them", config_get(SLOT, 0x3c, 2) == (0x100 | 10) &&
	       config_get(RO_SLOT, 0x3c, 1) == 11);
	config_set(SLOT, 0x3c, 1, 5);
	expect("a scratch register", config_get(SLOT, 0x3c, 1) == 5 && config_get(SLOT, 0x3d, 1) == 1);
	bus_write_port(&board_vm.bus, 0xcf8, 4, 0x80000000u | SLOT << 11);
	expect("beyond the register", bus_read_port(&board_vm.bus, 0xcfe, 4) == ~0u);
}

static void test_bars(void)
{
	uint64_t before;

	fresh(1);
	before = bar(SLOT, 0);
	expect("placed", before >= BUS_BARS_START && before < BUS_BARS_END && !(before & 0x3fff) &&
	       reg(SLOT, QUEUES, 2) == 1);
	config_set(SLOT, 0x10, 4, ~0u);
	expect("its size", bar(SLOT, 0) == 0xffffc000 && load(before, 4) == ~0ull);
	config_set(SLOT, 0x10, 4, 0xe1234567);
	expect("moved", bar(SLOT, 0) == 0xe1234000 && reg(SLOT, QUEUES, 2) == 1 &&
	       load(before + QUEUES, 2) == ~0ull);
	config_set(SLOT, 4, 2, 0);
	expect("closed", reg(SLOT, QUEUES, 2) == ~0u);
	config_set(SLOT, 4, 2, 2);
	expect("open", reg(SLOT, QUEUES, 2) == 1);
	config_set(SLOT, 0x10, 4, 0x100000);
	expect("memory wins", !bus_find_memory(&board_vm.bus, 0x100000));
	config_set(SLOT, 0x10, 4, LAPIC_AT);
	expect("so do other devices", load(LAPIC_AT + 0x30, 4) == 0x50014);
	config_set(SLOT, 0x10, 4, 0);
	expect("nowhere", !bus_find_memory(&board_vm.bus, 0));
	for (unsigned i = 0; i < 100; i++)
		config_set(SLOT, 0x10, 4, i & 1 ? 0xe8000000 : 0xe9000000);
	expect("again and again", reg(SLOT, QUEUES, 2) == 1 && bar(SLOT, 0) == 0xe8000000);
	expect("no third BAR", config_get(SLOT, 0x18, 4) == 0);
}

static uint32_t features(unsigned slot, unsigned half)
{
	set_reg(slot, DEVICE_SELECT, 4, half);
	return reg(slot, DEVICE_FEATURES, 4);
}

static void test_life(void)
{
	fresh(1);
	expect("offered", features(SLOT, 0) == (1u << 28 | 1 << 14 | 1 << 13 | 1 << 9 | 1 << 2) &&
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

static void interrupt_lines(void)
{
	out(0x20, 0x11); out(0x21, 0x30); out(0x21, 4); out(0x21, 1);
	out(0xa0, 0x11); out(0xa1, 0x38); out(0xa1, 2); out(0xa1, 1);
	out(0x4d1, 0x0c);
	out(0x21, 0xfb);
	out(0xa1, 0xf3);
}

static void test_inta(void)
{
	fresh(1);
	interrupt_lines();
	driver_start(SLOT, 0);
	expect("quiet", !board_interrupt_waits());
	block_request(SLOT, FLUSH, 0, 0, 0, 0);
	expect("an interrupt", board_interrupt_waits() && board_interrupt() == 0x3a &&
	       config_get(SLOT, 6, 2) & 8);
	out(0xa0, 0x20);
	out(0x20, 0x20);
	expect("a level", board_interrupt_waits());
	expect("why", reg(SLOT, ISR, 1) == 1 && reg(SLOT, ISR, 1) == 0 && !board_interrupt_waits() &&
	       !(config_get(SLOT, 6, 2) & 8));
	config_set(SLOT, 4, 2, 0x406);
	block_request(SLOT, FLUSH, 0, 0, 0, 0);
	expect("masked by its command", !board_interrupt_waits() && config_get(SLOT, 6, 2) & 8);
	config_set(SLOT, 4, 2, 6);
	expect("and open", board_interrupt_waits());
	reg(SLOT, ISR, 1);
	backend_guest_memory[RING_AVAILABLE] = 1;
	block_request(SLOT, FLUSH, 0, 0, 0, 0);
	expect("not wanted", !board_interrupt_waits() && reg(SLOT, ISR, 1) == 0);
	backend_guest_memory[RING_AVAILABLE] = 0;
	describe(0, 1ull << 40, 16, 0, 0);
	offer(SLOT, 0);
	expect("broken, and told", reg(SLOT, STATUS, 1) & NEEDS_RESET && reg(SLOT, ISR, 1) == 2);
}

static unsigned capability(unsigned slot, uint8_t id, unsigned type)
{
	unsigned at = config_get(slot, 0x34, 1);

	while (at && (config_get(slot, at, 1) != id || (id == 9 && config_get(slot, at + 3, 1) != type)))
		at = config_get(slot, at + 1, 1);
	return at;
}

static void set_vector(unsigned n, uint32_t address, uint32_t data, unsigned masked)
{
	uint64_t table = bar(SLOT, 1) + 16 * n;

	store(table + 12, 4, 1);
	store(table, 8, address);
	store(table + 8, 4, data);
	store(table + 12, 4, masked);
}

static void test_vectors(void)
{
	unsigned at;

	fresh(1);
	at = capability(SLOT, 0x11, 0);
	expect("MSI-X, two vectors", at && config_get(SLOT, at + 2, 2) == 1 && config_get(SLOT, at + 4, 4) == 1 &&
	       config_get(SLOT, at + 8, 4) == 0x801 && load(bar(SLOT, 1) + 12, 4) == 1 &&
	       load(bar(SLOT, 1) + 0x40, 4) == 0);
	driver_start(SLOT, 0);
	set_reg(SLOT, CONFIG_VECTOR, 2, 7);
	expect("no such vector", reg(SLOT, CONFIG_VECTOR, 2) == 0xffff);
	set_reg(SLOT, STATUS, 1, 0);
	config_set(SLOT, at + 2, 2, 0x8000);
	set_vector(0, 0xfee00000, 0x41, 0);
	set_vector(1, 0xfee00000, 0x52, 1);
	driver_start(SLOT, 0);
	set_reg(SLOT, CONFIG_VECTOR, 2, 0);
	block_request(SLOT, FLUSH, 0, 0, 0, 0);
	expect("a queue without a vector", !board_interrupt_waits());
	set_reg(SLOT, STATUS, 1, 0);
	set_reg(SLOT, QUEUE_VECTOR, 2, 1);
	expect("set before the queue is on", reg(SLOT, QUEUE_VECTOR, 2) == 1);
	/* driver_start resets it: the rest by hand. */
	set_reg(SLOT, STATUS, 1, 3);
	set_reg(SLOT, CONFIG_VECTOR, 2, 0);
	set_reg(SLOT, DRIVER_SELECT, 4, 1);
	set_reg(SLOT, DRIVER_FEATURES, 4, 1);
	set_reg(SLOT, STATUS, 1, 0xb);
	store(bar(SLOT, 0) + DESCRIPTORS, 8, RING);
	store(bar(SLOT, 0) + AVAILABLE, 8, RING_AVAILABLE);
	store(bar(SLOT, 0) + USED, 8, RING_USED);
	set_reg(SLOT, QUEUE_SIZE, 2, RING_SIZE);
	memset(backend_guest_memory + RING, 0, 0x3000);
	set_reg(SLOT, QUEUE_ENABLE, 2, 1);
	set_reg(SLOT, STATUS, 1, 0xf);
	describe(0, DATA, 16, NEXT, 1);
	describe(1, DATA + 0x100, 1, WRITE, 0);
	memset(backend_guest_memory + DATA, 0, 16);
	backend_guest_memory[DATA] = FLUSH;
	backend_guest_memory[RING_AVAILABLE + 2] = 1;
	set_reg(SLOT, NOTIFY, 2, 0);
	expect("masked, and waiting", returned() == 1 && !board_interrupt_waits() &&
	       load(bar(SLOT, 1) + 0x800, 8) == 2);
	config_set(SLOT, at + 2, 2, 0xc000);
	store(bar(SLOT, 1) + 16 + 12, 4, 0);
	expect("all masked", !board_interrupt_waits());
	config_set(SLOT, at + 2, 2, 0x8000);
	expect("delivered", board_interrupt() == 0x52 && load(bar(SLOT, 1) + 0x800, 4) == 0);
	expect("no line", reg(SLOT, ISR, 1) == 0 && !board_vm.bus.high[10]);
	set_vector(1, 0xe0000000, 0x52, 0);
	backend_guest_memory[RING_AVAILABLE + 2] = 2;
	set_reg(SLOT, NOTIFY, 2, 0);
	expect("a message to nobody", returned() == 2 && !board_interrupt_waits());
	store(LAPIC_AT + 0xb0, 4, 0);
	set_vector(1, 0xfee0f00c, 0x63, 0);
	store(LAPIC_AT + 0xd0, 4, 0x01000000);
	backend_guest_memory[RING_AVAILABLE + 2] = 3;
	set_reg(SLOT, NOTIFY, 2, 0);
	expect("a logical destination", board_interrupt() == 0x63);
	store(bar(SLOT, 1) + 2, 2, 0);
	expect("a piece of a word", load(bar(SLOT, 1) + 16, 4) == 0xfee0f00c);
}

static void test_window(void)
{
	unsigned at;

	fresh(1);
	at = capability(SLOT, 9, 5);
	expect("each capability", at && capability(SLOT, 9, 1) && capability(SLOT, 9, 2) &&
	       capability(SLOT, 9, 3) && capability(SLOT, 9, 4));
	config_set(SLOT, at + 4, 1, 0);
	config_set(SLOT, at + 8, 4, QUEUE_SIZE);
	config_set(SLOT, at + 12, 4, 2);
	expect("a register by configuration", config_get(SLOT, at + 16, 2) == 128);
	config_set(SLOT, at + 16, 4, 64);
	expect("written", reg(SLOT, QUEUE_SIZE, 2) == 64);
	config_set(SLOT, at + 8, 4, 0x4000);
	config_set(SLOT, at + 16, 4, 7);
	expect("beyond", config_get(SLOT, at + 16, 4) == 7);
	config_set(SLOT, at + 4, 1, 2);
	config_set(SLOT, at + 8, 4, 0);
	expect("another BAR", config_get(SLOT, at + 16, 4) == 7);
	config_set(SLOT, at + 4, 1, 1);
	config_set(SLOT, at + 8, 4, 12);
	config_set(SLOT, at + 12, 4, 4);
	expect("the vectors", config_get(SLOT, at + 16, 4) == 1);
	config_set(SLOT, at + 12, 4, 3);
	config_set(SLOT, at + 16, 4, 9);
	expect("no such size", config_get(SLOT, at + 16, 4) == 9);
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
	disks[0].disk.submit = hold;
	machine_disks[1] = NULL;
	driver_start(RO_SLOT, 0);
	board_save(saved);
	machine_start(1);
	expect("a disk that is not there", board_load(saved, size) != NULL);
}

static void test_dma(void)
{
	fresh(1);
	backend_guest_bytes = 0x100000000ull + 0x10000;
	expect("two parts", bus_dma(&board_vm.bus, MACHINE_MEMORY - 1, 1) && !bus_dma(&board_vm.bus, 0, 0) &&
	       !bus_dma(&board_vm.bus, MACHINE_MEMORY - 1, 0x100000000ull) &&
	       bus_dma(&board_vm.bus, 0x100000000ull, 0x10000) && !bus_dma(&board_vm.bus, 0x100000000ull, 0x10001));
	backend_guest_bytes = MACHINE_MEMORY;
	bus_add_memory(&board_vm.bus, &(struct bus_memory){ 0x1000, 0x1000, NULL, NULL, NULL });
	expect("behind a window", !bus_dma(&board_vm.bus, 0xfff, 2) && bus_dma(&board_vm.bus, 0xfff, 1) &&
	       !bus_dma(&board_vm.bus, 0, 0x10000) && bus_dma(&board_vm.bus, 0x2000, 1) &&
	       bus_dma_write(&board_vm.bus, 0x1fff, "x", 1) && bus_dma_read(&board_vm.bus, ~0ull, saved, 1));
	bus_remove_memory(&board_vm.bus, 0x1000);
	expect("which is gone", bus_dma(&board_vm.bus, 0, 0x10000) && !bus_find_memory(&board_vm.bus, 0x1000));
}

/* RFC 8439, 2.3.2. */
static void test_chacha(void)
{
	static const uint32_t state[16] = { 0x61707865, 0x3320646e, 0x79622d32, 0x6b206574,
		0x03020100, 0x07060504, 0x0b0a0908, 0x0f0e0d0c, 0x13121110, 0x17161514, 0x1b1a1918,
		0x1f1e1d1c, 1, 0x09000000, 0x4a000000, 0 };
	static const uint32_t wanted[16] = { 0xe4e7f110, 0x15593bd1, 0x1fdd0f50, 0xc47120a3,
		0xc7f4d1c7, 0x0368c033, 0x9aaa2204, 0x4e6cd4c3, 0x466482d2, 0x09aa9f07, 0x05d7c214,
		0xa2028bd9, 0xd19c12b5, 0xb94e16de, 0xe883d0cb, 0x4e3c50a2 };
	uint32_t out[16];

	entropy_block(state, out);
	expect("the RFC's block", !memcmp(out, wanted, sizeof(out)));
}

static void test_rng(void)
{
	static struct entropy entropy;
	static const uint8_t seed[ENTROPY_SEED];
	uint8_t *memory = backend_guest_memory;
	size_t size;

	fresh(1);
	expect("none without a source", config_get(RNG_SLOT, 0, 4) == ~0u);
	entropy_init(&entropy, seed);
	machine_entropy = &entropy.source;
	fresh(1);
	expect("an entropy device", config_get(RNG_SLOT, 0, 4) == 0x10441af4 && reg(RNG_SLOT, CONFIG, 4) == 0);
	driver_start(RNG_SLOT, 0);
	memset(memory + BUFFER, 0, 0x1000);
	describe(0, BUFFER, 100, NEXT | WRITE, 1);
	describe(1, BUFFER + 0x800, 40, WRITE, 0);
	offer(RNG_SLOT, 0);
	expect("so many bytes", returned() == 1 && returned_bytes() == 140 && memory[BUFFER + 100] == 0 &&
	       memcmp(memory + BUFFER, memory + BUFFER + 32, 32) && memcmp(memory + BUFFER, seed, 32));
	memcpy(memory + BUFFER + 0x400, memory + BUFFER, 100);
	offer(RNG_SLOT, 0);
	expect("others the next time", returned() == 2 && memcmp(memory + BUFFER + 0x400, memory + BUFFER, 100));
	describe(0, BUFFER, 0x20000, WRITE, 0);
	offer(RNG_SLOT, 0);
	expect("not too many at once", returned() == 3 && returned_bytes() == 65536);
	size = board_state_size();
	board_save(saved);
	fresh(1);
	expect("it goes on", !board_load(saved, size) && reg(RNG_SLOT, STATUS, 1) == 0xf);
	offer(RNG_SLOT, 0);
	expect("elsewhere", returned() == 4);
	describe(0, BUFFER, 4, 0, 0);
	offer(RNG_SLOT, 0);
	expect("nothing to be written", reg(RNG_SLOT, STATUS, 1) & NEEDS_RESET && returned() == 4);
	machine_entropy = NULL;
	fresh(1);
	expect("a device that is not there", board_load(saved, size) != NULL);
}

/* The level of line 10 by way of the I/O APIC. */
static void test_ioapic(void)
{
	fresh(2);
	store(IOAPIC_AT, 4, 0x10 + 2 * 10);
	store(IOAPIC_AT + 0x10, 4, 0x8071);
	driver_start(SLOT, 0);
	block_request(SLOT, FLUSH, 0, 0, 0, 0);
	expect("by the I/O APIC", board_interrupt() == 0x71 && !board_interrupt_waits());
	store(LAPIC_AT + 0xb0, 4, 0);
	expect("as long as it is high", board_interrupt() == 0x71);
	reg(SLOT, ISR, 1);
	store(LAPIC_AT + 0xb0, 4, 0);
	expect("and no longer", !board_interrupt_waits());
}

int main(void)
{
	test_configuration();
	test_bars();
	test_life();
	test_requests();
	test_ranges();
	test_framing();
	test_inta();
	test_vectors();
	test_window();
	test_malformed();
	test_bad_queues();
	test_waiting();
	test_state();
	test_dma();
	test_ioapic();
	test_chacha();
	test_rng();
	return report("virtio", 130);
}
