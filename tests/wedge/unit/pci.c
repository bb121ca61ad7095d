/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * PCI, by a driver of the test's own for a block device: configuration, BARs that move,
 * interrupts by line and by message, virtio's window in configuration, DMA.
 */
#include "driver.h"
#include "disks.h"
#include "../../../runtime-stubs/board/places.h"

#define FLUSH 4u			/* a request of virtio_blk */
enum { SLOT = DISK_SLOT, RO_SLOT = DISK_SLOT + 1 };

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

static void test_dma(void)
{
	uint8_t byte;

	fresh(1);
	backend_guest_bytes = 0x100000000ull + 0x10000;
	expect("two parts", bus_dma(&board_vm.bus, MACHINE_MEMORY - 1, 1) && !bus_dma(&board_vm.bus, 0, 0) &&
	       !bus_dma(&board_vm.bus, MACHINE_MEMORY - 1, 0x100000000ull) &&
	       bus_dma(&board_vm.bus, 0x100000000ull, 0x10000) && !bus_dma(&board_vm.bus, 0x100000000ull, 0x10001));
	backend_guest_bytes = MACHINE_MEMORY;
	bus_add_memory(&board_vm.bus, &(struct bus_memory){ 0x1000, 0x1000, NULL, NULL, NULL });
	expect("behind a window", !bus_dma(&board_vm.bus, 0xfff, 2) && bus_dma(&board_vm.bus, 0xfff, 1) &&
	       !bus_dma(&board_vm.bus, 0, 0x10000) && bus_dma(&board_vm.bus, 0x2000, 1) &&
	       bus_dma_write(&board_vm.bus, 0x1fff, "x", 1) && bus_dma_read(&board_vm.bus, ~0ull, &byte, 1));
	bus_remove_memory(&board_vm.bus, 0x1000);
	expect("which is gone", bus_dma(&board_vm.bus, 0, 0x10000) && !bus_find_memory(&board_vm.bus, 0x1000));
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
	test_inta();
	test_vectors();
	test_window();
	test_dma();
	test_ioapic();
	return report("pci", 45);
}
