/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * Saved state: a machine that some random accesses have brought somewhere is saved
 * and goes on; a fresh one that has read the state answers the same accesses in the
 * same way. What is no state of this board is refused.
 */
#include "driver.h"
#include "../../../runtime-stubs/board/devices.h"
#include "../../../runtime-stubs/board/mailbox.h"
#include "../../../runtime-stubs/board/places.h"
#include "../../../runtime-stubs/bus/memory_disk.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define STEPS 400u
#define RINGS_END (DATA + 0x1000)

static uint64_t random_state;
static uint64_t trace;			/* a digest of all answers */

static unsigned choose(unsigned n)
{
	random_state = random_state * 6364136223846793005ull + 1442695040888963407ull;
	return (random_state >> 33) % n;
}

static void note(uint64_t answer)
{
	trace = (trace ^ answer) * 1099511628211ull;
}

static void woken(unsigned vcpu)
{
	note(vcpu);
}

/* Ports that end no machine, whatever is written. */
static const uint16_t ports[] = {
	0x20, 0x21, 0xa0, 0xa1, 0x4d0, 0x4d1, 0x40, 0x41, 0x42, 0x43, 0x43, 0x61, 0x70, 0x71,
	0x3f8, 0x3f9, 0x3fa, 0x3fb, 0x3fc, 0x3fd, 0x3fe, 0x3ff, 0xcf8, 0xcfc, 0x600, 0x602, 0x608,
};

static void access_port(void)
{
	uint16_t port = ports[choose(sizeof(ports) / sizeof(ports[0]))];
	int size = port >= 0xcf8 || port == 0x600 ? 4 : port == 0x602 ? 2 : 1;

	if (choose(2))
		bus_write_port(&board_vm.bus, port, size, choose(~0u));
	else
		note(bus_read_port(&board_vm.bus, port, size));
}

static const uint32_t lapic_registers[] = {
	0x20, 0x80, 0xb0, 0xb0, 0xd0, 0xf0, 0x100, 0x200, 0x210, 0x300, 0x310, 0x320, 0x350, 0x380,
	0x390, 0x3e0,
};

static void access_memory(void)
{
	uint64_t gpa = LAPIC_AT + lapic_registers[choose(16)];
	unsigned size = 4;

	switch (choose(4)) {
	case 0: gpa = IOAPIC_AT + 16 * choose(2); break;
	case 1: gpa = HPET_AT + 8 * choose(0x30); size = 4 + 4 * choose(2); break;
	case 2: gpa = MAILBOX_AT + 4 * choose(4); size = gpa & 4 ? 4 : 8; break;
	}
	if (choose(3) == 0)
		note(load(gpa, size));
	else
		store(gpa, size, gpa == MAILBOX_AT ? 1 : choose(~0u) % 64);
}

/* The driver of the disk, and what a guest may do to it besides. */
static void access_disk(void)
{
	unsigned size = 1u << choose(3), offset;

	switch (choose(8)) {
	case 0: driver_start(DISK_SLOT, choose(2) << 28); break;
	case 1: config_set(DISK_SLOT, 4, 2, choose(8) ? 6 : choose(0x800)); break;
	case 2:
		offset = choose(0x80) & ~3u;
		if (offset < 0x10 || offset > 0x14)
			config_set(DISK_SLOT, offset, 4, choose(~0u));
		break;
	case 3: note(config_get(DISK_SLOT, choose(0x100) & ~(size - 1), size)); break;
	case 4: note(reg(DISK_SLOT, choose(0x40) & ~(size - 1), size)); break;
	case 5: store(bar(DISK_SLOT, 1) + 4 * choose(16), 4, choose(2) ? 0xfee00000 : choose(256)); break;
	case 6: set_reg(DISK_SLOT, choose(0x40) & ~(size - 1), size, choose(choose(2) ? 4 : ~0u)); break;
	default:
		note(block_request(DISK_SLOT, choose(3), choose(5), DATA + 0x800, 512 * choose(3),
				   choose(2)));
		note(backend_guest_memory[DATA + 0x800]);
	}
}

/* What an interrupt controller, a console or a processor does. */
static void happen(void)
{
	switch (choose(7)) {
	case 0:
		note(board_interrupt_waits());
		note(board_interrupt());
		break;
	case 1: machine_now += choose(choose(8) ? 20 * MS : 2 * NS); break;
	case 2: board_power_button(); break;
	case 3: machine_input = "some input"; break;
	case 4: backend_vcpu = choose(backend_vcpus); break;
	case 5: out(0x20, 0x48 | choose(2) << 5); break;	/* special mask */
	default: note(board_take_nmi()); break;
	}
	board_run();
	note(machine_next);
}

static void go(uint64_t seed, unsigned steps)
{
	random_state = seed;
	trace = 0;
	for (unsigned i = 0; i < steps; i++)
		switch (choose(6)) {
		case 0: access_memory(); break;
		case 1: happen(); break;
		case 2: access_disk(); break;
		default: access_port(); break;
		}
	for (const char *p = machine_output; *p; p++)
		note(*p);
}

static uint8_t contents[4 * BUS_SECTOR], contents_then[sizeof(contents)];
static uint8_t memory_then[RINGS_END - RING];
static struct memory_disk disk;

/* The two processors' machine, with a disk. */
static void fresh(void)
{
	memory_disk_init(&disk, contents, sizeof(contents), 0, "disk");
	machine_disks[0] = &disk.disk;
	machine_start(2);
	mailbox_set_start(woken);
	backend_vcpu = 1;
	board_running_started();
	backend_vcpu = 0;
}

static uint8_t *saved, *again;
static uint16_t driver_then;
static size_t size;

/* 1 if a fresh machine goes on as the saved one does. */
static int goes_on(uint64_t seed)
{
	uint64_t before, now;

	machine_now = NS;
	fresh();
	memset(backend_guest_memory + RING, 0, sizeof(memory_then));
	go(seed, STEPS);
	backend_vcpu = 0;
	board_save(saved);
	memcpy(memory_then, backend_guest_memory + RING, sizeof(memory_then));
	memcpy(contents_then, contents, sizeof(contents));
	driver_then = driver_next;
	now = machine_now;
	machine_input = "more";
	memset(machine_output, 0, sizeof(machine_output));
	board_run();
	go(~seed, STEPS);
	before = trace;

	machine_now = 7;
	fresh();
	memcpy(backend_guest_memory + RING, memory_then, sizeof(memory_then));
	memcpy(contents, contents_then, sizeof(contents));
	driver_next = driver_then;
	machine_now = now;
	machine_input = "";
	if (board_load(saved, size))
		return 0;
	board_save(again);
	if (memcmp(saved, again, size))
		return 0;
	machine_input = "more";
	machine_kicked = -1;
	board_run();
	go(~seed, STEPS);
	return trace == before;
}

static void test_going_on(void)
{
	unsigned good = 0;

	for (uint64_t seed = 1; seed <= 500; seed++)
		good += goes_on(seed);
	expect("500 machines go on", good == 500);
	if (good != 500)
		printf("%u of 500\n", good);
}

/* Where the numbers of device @name stand in the saved state. */
static size_t place(const char *name)
{
	for (size_t i = 0; i + 8 <= size; i++)
		if (!strncmp((char *)saved + i, name, 8) && strlen(name) == strnlen((char *)saved + i, 8))
			return i + 16;
	exit(2);
}

/* The name of who refuses the state with the byte at @at changed to @value. */
static const char *refused(size_t at, uint8_t value)
{
	const char *bad;

	memcpy(again, saved, size);
	again[at] = value;
	fresh();
	bad = board_load(again, size);
	return bad ? bad : "";
}

static void test_refused(void)
{
	fresh();
	board_save(saved);
	expect("as it is", !*refused(0, 'p'));
	expect("the mark", !strcmp(refused(0, 'q'), "board"));
	expect("the board's version", !strcmp(refused(8, 2), "board"));
	expect("a device's version", !strcmp(refused(place("hpet") - 8, 2), "hpet"));
	expect("a device's size", !strcmp(refused(place("pci") - 4, 5), "pci"));
	expect("another device", !strcmp(refused(place("cmos") - 16, 'C'), "cmos"));
	expect("too short", board_load(saved, size - 1) && board_load(saved, 0));
	expect("a count of no ticks", !strcmp(refused(place("i8254") + 24 + 2, 0), "i8254"));
	expect("a mode of the timer", !*refused(place("i8254") + 51, 5) && !strcmp(refused(place("i8254") + 51, 6), "i8254"));
	expect("its access", !strcmp(refused(place("i8254") + 54, 0), "i8254") &&
	       !strcmp(refused(place("i8254") + 54, 4), "i8254"));
	expect("a place behind the input", !strcmp(refused(place("uart8250") + 72, 64), "uart8250"));
	expect("too much input", !strcmp(refused(place("uart8250") + 76, 65), "uart8250"));
	expect("a level", !strcmp(refused(place("uart8250") + 84, 2), "uart8250") &&
	       !strcmp(refused(place("acpi") + 4, 2), "acpi"));
}

/* A shared line stays high until both have left it. */
static void test_lines(void)
{
	fresh();
	bus_write_port(&board_vm.bus, 0x602, 2, 0x100);
	board_power_button();
	board_save(saved);
	fresh();
	expect("read", !board_load(saved, size) && board_vm.bus.high[SCI_LINE] == 1);
	bus_write_port(&board_vm.bus, 0x600, 2, 0x100);
	expect("its line goes down", board_vm.bus.high[SCI_LINE] == 0);
}

/* Saves the machine and has a fresh one read it; the time is the same. */
static void move(void)
{
	board_save(saved);
	fresh();
	if (board_load(saved, size))
		exit(2);
	board_run();
}

/* What random accesses do not reach. */
static void test_rare(void)
{
	uint64_t late, dropped;
	struct bus_source three, twenty;

	fresh();
	machine_input = "x";
	for (int i = 0; i < 15; i++)
		in(0x3fd);
	move();
	expect("looks at the serial port are counted", in(0x3fd) & 1);

	fresh();
	out(0x21, 0xff);
	out(0x43, 0x34);
	out(0x40, 0xa4);
	out(0x40, 0x12);
	for (int i = 0; i < 250; i++, machine_now += 4 * MS)
		board_run();
	move();
	for (int i = 0; i < 4; i++, machine_now += 4 * MS)
		board_run();
	board_count_ticks(&late, &dropped);
	expect("since when the tick is masked", dropped > 0);

	fresh();
	bus_add_source(&board_vm.bus, &three, 3);
	out(0x21, 0);
	bus_set_line(&three, 1);
	board_interrupt();
	out(0x21, 8);
	out(0x20, 0x68);
	move();
	bus_add_source(&board_vm.bus, &three, 5);
	bus_set_line(&three, 1);
	expect("the special mask", board_interrupt_waits());

	fresh();
	bus_add_source(&board_vm.bus, &twenty, 20);
	bus_set_line(&twenty, 1);
	move();
	store(IOAPIC_AT, 4, 0x10 + 2 * 20);
	store(IOAPIC_AT + 0x10, 4, 0x80a5);
	expect("the I/O APIC's lines", board_interrupt() == 0xa5);

	fresh();
	trace = 0;
	store(MAILBOX_AT + 4, 4, 1);
	store(MAILBOX_AT + 8, 8, 0x9000);
	store(MAILBOX_AT, 2, 1);
	expect("woken", trace);
	move();
	trace = 0;
	store(MAILBOX_AT, 2, 1);
	expect("it is woken already", !trace && mailbox_vector(1) == 0x9000);
	store(MAILBOX_AT + 8, 8, 0xa000);
	store(MAILBOX_AT, 2, 1);
	move();
	backend_vcpu = 1;
	expect("once more", mailbox_woken_again() && mailbox_vector(1) == 0xa000);
	backend_vcpu = 0;
}

/* The answers of a machine to accesses that depend on @seed. */
static uint64_t answers(uint64_t seed)
{
	backend_vcpu = 1;
	board_running_started();
	backend_vcpu = 0;
	machine_now = 3 * NS;
	machine_input = "";
	memset(machine_output, 0, sizeof(machine_output));
	memset(backend_guest_memory + RING, 0, sizeof(memory_then));
	memset(contents, 0, sizeof(contents));
	driver_next = 0;
	for (unsigned i = 0; i < 128; i++) {	/* memory with a battery, and the serial port's scratch */
		out(0x70, i);
		out(0x71, 0);
	}
	out(0x70, 0);
	out(0x3ff, 0);
	board_run();
	go(seed, STEPS);
	return trace;
}

/* A machine whose devices are reset goes on as a fresh one does. */
static void test_reset(void)
{
	unsigned good = 0, low = 0;

	for (uint64_t seed = 1; seed <= 100; seed++) {
		uint64_t before;

		machine_now = NS;
		fresh();
		go(seed, STEPS);
		machine_reset();
		board_save(saved);	/* what was written is handed on */
		for (unsigned i = 0; i < BUS_LINES; i++)
			low += !board_vm.bus.high[i];
		before = answers(~seed);
		fresh();
		good += answers(~seed) == before;
	}
	expect("100 machines are reset", good == 100);
	expect("and all their lines are low", low == 100 * BUS_LINES);
	if (good != 100 || low != 100 * BUS_LINES)
		printf("%u of 100, %u lines\n", good, low);
}

int main(void)
{
	fresh();
	size = board_state_size();
	saved = malloc(size);
	again = malloc(size);
	expect("some kilobytes", size > 2000 && size < 32768);
	test_going_on();
	test_refused();
	test_lines();
	test_rare();
	test_reset();
	free(saved);
	free(again);
	return report("state", 24);
}
