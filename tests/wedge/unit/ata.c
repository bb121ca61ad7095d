/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * ATA disks, by a driver of the test's own and disks in memory: what they say of themselves,
 * sectors by the data port and by bus master, errors, resets, tables that are wrong, a disk
 * that is late or fails, saved state.
 */
#include "driver.h"
#include "drives.h"
#include "../../../runtime-stubs/board/places.h"

#define SLOT DISK_SLOT
#define SECTORS DRIVES_SECTORS
#define TABLE 0x30000u
#define BUFFER 0x40000u
#define memory backend_guest_memory

enum { DATA_ = 0x1f0, ERROR, COUNT, LOW, MIDDLE, HIGH, DEVICE, COMMAND, CONTROL = 0x3f6 };
enum { IDLE = 0x50, ASKS = 0x58, FAILED = 0x51, BUSY = 0x80 };
enum { READ = 0x20, READ_LONG = 0x24, WRITE_ = 0x30, READ_DMA = 0xc8, WRITE_DMA = 0xca,
       READ_DMA_LONG = 0x25, FLUSH = 0xe7, IDENTIFY = 0xec };

static uint16_t words[256];

static void finish(void)
{
	manner = PROMPT;
	drives_finish();
}

/* Three: the last one, alone on the second channel, is read-only. */
static void fresh(void)
{
	drives_make(BUS_DISK_ATA, 2);
	machine_start(1);
	config_set(SLOT, 4, 2, 7);
}

static unsigned master(void) { return config_get(SLOT, 0x20, 4) & ~1u; }
static void port(uint16_t at, int size, uint32_t value) { bus_write_port(&board_vm.bus, at, size, value); }
static uint32_t get(uint16_t at, int size) { return bus_read_port(&board_vm.bus, at, size); }
static int told(void) { return board_vm.bus.high[14]; }

static uint8_t status(void)
{
	return in(COMMAND);
}

static void command(unsigned code, uint32_t sector, unsigned count, unsigned drive)
{
	out(DEVICE, 0xe0 | drive << 4 | sector >> 24);
	out(COUNT, count);
	out(LOW, sector);
	out(MIDDLE, sector >> 8);
	out(HIGH, sector >> 16);
	out(COMMAND, code);
}

static void identify(uint16_t from)
{
	out(from + 7, IDENTIFY);
	for (unsigned i = 0; i < 256; i++)
		words[i] = get(from, 2);
}

static void entry(unsigned n, uint32_t address, uint32_t count)
{
	memcpy(memory + TABLE + 8 * n, (uint32_t[]){ address, count }, 8);
}

/* By the table at TABLE. */
static void dma(unsigned code, uint32_t sector, unsigned count)
{
	port(master(), 1, 0);
	port(master() + 4, 4, TABLE);
	port(master() + 2, 1, 6);
	command(code, sector, count, 0);
	port(master(), 1, code == WRITE_DMA ? 1 : 9);
}

static void test_who(void)
{
	fresh();
	expect("who it is", config_get(SLOT, 0, 4) == 0x70108086 && config_get(SLOT, 8, 4) == 0x01018000 &&
	       config_get(SLOT, 0x3d, 1) == 0 && config_get(SLOT, 0x40, 4) == 0x80008000);
	expect("none of virtio's", config_get(SLOT + 1, 0, 4) == ~0u);
	identify(DATA_);
	expect("a disk", words[0] == 0x40 && words[60] == SECTORS && !words[61] && words[100] == SECTORS &&
	       words[1] == 2 && words[3] == 16 && words[6] == 63 && words[27] == ('p' << 8 | 'r') &&
	       words[10] == ('d' << 8 | 'i') && words[53] == 3 && words[54] == 2 && words[57] == 2016 && status() == IDLE);
	out(COUNT, 0x22);
	out(ERROR, 3);
	out(COMMAND, 0xef);
	identify(DATA_);
	expect("the mode", words[63] == 0x407 && status() == IDLE);
	out(COUNT, 0x40);
	out(COMMAND, 0xef);
	expect("none that is not there", status() == FAILED && in(ERROR) == 4);
	out(DEVICE, 0x10);
	expect("the second", (status() & 0xc0) == 0x40 && in(COUNT) == 0x40);
	out(0x176, 0x10);
	expect("no fourth", in(0x177) == 0 && in(0x376) == 0);
	out(0x177, IDENTIFY);
	expect("which does nothing", get(0x170, 2) == 0 && in(0x177) == 0);
	identify(0x170);
	expect("nor has data", words[0] == 0);
}

static void test_port(void)
{
	fresh();
	contents[0][5 * 512] = 0xab;
	contents[0][5 * 512 + 511] = 0xcd;
	command(READ, 5, 2, 0);
	expect("asks", told() && status() == ASKS && !told());
	expect("read", get(DATA_, 4) == 0x101010ab);
	for (unsigned i = 2; i < 255; i++)
		get(DATA_, 2);
	expect("to the end", get(DATA_, 2) == 0xcd10 && told() && status() == ASKS);
	for (unsigned i = 0; i < 256; i++)
		get(DATA_, 2);
	expect("over", status() == IDLE && get(DATA_, 2) == 0 && submits == 2);
	command(WRITE_, 7, 2, 1);
	expect("asks without an interrupt", !told() && status() == ASKS);
	for (unsigned i = 0; i < 128; i++)
		port(DATA_, 4, 0x01020304);
	expect("asks again", told() && status() == ASKS);
	for (unsigned i = 0; i < 128; i++)
		port(DATA_, 4, 0x01020304);
	expect("written", told() && status() == IDLE && contents[1][7 * 512] == 4 && contents[1][9 * 512 - 1] == 1 &&
	       contents[1][9 * 512] == 0x11 && contents[0][7 * 512] == 0x10 && !flushes);
	command(0xc4, 0, 8, 0);
	expect("several without their number", status() == FAILED && in(ERROR) == 4);
	command(0xc6, 0, 3, 0);
	expect("no number", status() == FAILED);
	command(0xc6, 0, 8, 0);
	submits = 0;
	command(0xc4, 0, 12, 0);
	for (unsigned i = 0; i < 12 * 128; i++)
		get(DATA_, 4);
	expect("eight at once, and four", submits == 2 && status() == IDLE);
	out(DEVICE, 0xa0 | 1);
	out(COUNT, 1);
	out(LOW, 2);
	out(MIDDLE, 1);
	out(HIGH, 0);
	contents[0][512 * (17 * 63 + 1)] = 0x77;
	out(COMMAND, READ);
	expect("by cylinder and head", get(DATA_, 2) == 0x1077);
}

static void test_master(void)
{
	fresh();
	for (unsigned i = 0; i < sizeof(contents[0]); i++)
		contents[0][i] = i * 7 >> 3;
	entry(0, BUFFER, 100);
	entry(1, BUFFER + 0x1000, 412);
	entry(2, BUFFER + 0x2000, 0x80000000 | 1024);
	dma(READ_DMA, 9, 3);
	expect("read", told() && status() == IDLE && get(master() + 2, 1) == 4 &&
	       !memcmp(memory + BUFFER, contents[0] + 9 * 512, 100) &&
	       !memcmp(memory + BUFFER + 0x1000, contents[0] + 9 * 512 + 100, 412) &&
	       !memcmp(memory + BUFFER + 0x2000, contents[0] + 10 * 512, 1024));
	port(master() + 2, 1, 2);
	expect("a bit is cleared by a one", get(master() + 2, 1) == 4);
	port(master() + 2, 1, 0x64);
	expect("and the drives stay capable", get(master() + 2, 1) == 0x60);
	for (unsigned i = 0; i < 70; i++)
		entry(i, BUFFER + 0x1000 * i, 200 | (i == 69 ? 0x80000000 : 0));
	submits = 0;
	dma(READ_DMA, 0, 27);
	expect("of many parts", status() == IDLE && submits == 3 &&
	       !memcmp(memory + BUFFER + 0x1000 * 69, contents[0] + 69 * 200, 13824 - 69 * 200));
	entry(0, BUFFER, 0x80000000);
	memset(memory + BUFFER, 0x99, 0x10000);
	dma(WRITE_DMA, 100, 128);
	expect("written, 64 KiB", status() == IDLE && contents[0][100 * 512] == 0x99 &&
	       contents[0][228 * 512 - 1] == 0x99 && contents[0][228 * 512] != 0x99);
	out(COMMAND, FLUSH);
	expect("flushed", flushes == 1 && status() == IDLE);
	port(master(), 1, 0);
	port(master(), 1, 1);
	out(COUNT, 0);
	out(COUNT, 2);
	out(LOW, 0);
	out(LOW, 3);
	out(MIDDLE, 0);
	out(MIDDLE, 0);
	out(HIGH, 0);
	out(HIGH, 0);
	entry(0, BUFFER, 0x80000400);
	out(COMMAND, READ_DMA_LONG);
	expect("long addresses, started before", status() == IDLE && !memcmp(memory + BUFFER, contents[0] + 3 * 512, 1024));
	out(CONTROL, 0x80);
	expect("the values before", in(COUNT) == 0);
	out(COUNT, 1);
	out(COUNT, 0);
	out(LOW, 0);
	out(LOW, 3);
	out(COMMAND, READ_LONG);
	expect("a count of 16 bits", status() == ASKS);
	for (unsigned i = 0; i < 256 * 128; i++)
		get(DATA_, 4);
	expect("and no sector more", status() == IDLE);
	out(CONTROL, 2);
	dma(READ_DMA, 9, 2);
	expect("no interrupt", !told() && get(master() + 2, 1) & 4);
	out(CONTROL, 0);
	expect("but then", told());
	machine_reset();
	expect("not after a reset", !told() && in(COUNT) == 1 && in(LOW) == 1);
	config_set(SLOT, 4, 2, 7);
	command(READ_DMA, 9, 2, 0);
	expect("it waits for the bus master", (status() & 0x88) == 8 && !told());
}

static void failed(const char *what, uint8_t error)
{
	expect(what, status() == FAILED && in(ERROR) == error);
}

static void test_wrong(void)
{
	fresh();
	command(READ, SECTORS - 1, 2, 0);
	failed("beyond the end", 0x10);
	command(READ, SECTORS, 1, 0);
	failed("far beyond", 0x10);
	command(0xf8, 0, 0, 0);
	failed("no command", 4);
	entry(0, BUFFER, 512);
	entry(1, MACHINE_MEMORY, 0x80000200);
	dma(READ_DMA, 0, 2);
	failed("no memory", 4);
	expect("the bus master's error", get(master() + 2, 1) & 2);
	entry(0, BUFFER, 0x80000200);
	entry(1, BUFFER, 0x80000200);
	dma(READ_DMA, 0, 2);
	failed("a short table", 4);
	for (unsigned i = 0; i < 64; i++)
		entry(i, BUFFER, 2);
	dma(READ_DMA, 0, 2);
	failed("less than a sector in one request", 4);
	port(master() + 4, 4, MACHINE_MEMORY);
	port(master(), 1, 0);
	command(READ_DMA, 0, 1, 0);
	port(master(), 1, 9);
	failed("no table", 4);
	config_set(SLOT, 4, 2, 3);
	dma(READ_DMA, 0, 1);
	failed("no master", 4);
	manner = FAILING;
	command(READ, 0, 1, 0);
	failed("the disk's error", 0x40);
	out(COMMAND, FLUSH);
	failed("of a flush", 4);
	manner = PROMPT;
	out(0x176, 0xe0);
	out(0x172, 1);
	out(0x177, WRITE_);
	expect("read-only", in(0x177) == FAILED && contents[2][0] == 0x12);
}

static void test_late(void)
{
	fresh();
	manner = LATE;
	command(READ, 1, 1, 0);
	expect("busy", status() == BUSY);
	out(COMMAND, IDENTIFY);
	expect("no command then", submits == 1);
	finish();
	expect("then", told() && status() == ASKS && get(DATA_, 2) == 0x1010);
	out(CONTROL, 4);
	out(CONTROL, 0);
	expect("reset", status() == IDLE && in(COUNT) == 1 && in(LOW) == 1 && in(ERROR) == 1 && get(DATA_, 2) == 0);
	manner = LATE;
	entry(0, BUFFER, 0x80000200);
	dma(READ_DMA, 1, 1);
	out(CONTROL, 4);
	out(CONTROL, 0);
	expect("a reset waits", status() == BUSY);
	finish();
	expect("for the disk", status() == IDLE && in(LOW) == 1 && !told());
}

static void test_state(void)
{
	static uint8_t saved[1 << 16];
	size_t size;

	fresh();
	manner = LATE;
	entry(0, BUFFER, 512);
	entry(1, BUFFER + 0x1000, 0x80000200);
	dma(READ_DMA, 1, 2);
	size = board_state_size();
	board_save(saved);
	manner = PROMPT;
	holds = 0;
	memset(memory + BUFFER, 0, 0x2000);
	machine_start(1);
	expect("read", size <= sizeof(saved) && !board_load(saved, size));
	expect("begun once more", told() && status() == IDLE && memory[BUFFER + 0x1000 + 511] == 0x10);
	command(WRITE_, 3, 1, 0);
	port(DATA_, 4, 0x55555555);
	board_save(saved);
	machine_start(1);
	expect("a half of a sector", !board_load(saved, size));
	for (unsigned i = 1; i < 128; i++)
		port(DATA_, 4, 0x55555555);
	expect("goes on", status() == IDLE && contents[0][3 * 512] == 0x55 && contents[0][4 * 512 - 1] == 0x55);
	command(WRITE_, SECTORS - 1, 1, 0);
	board_save(saved);
	memory_disk_init(&disks[0], contents[0], sizeof(contents[0]) / 2, 0, "disk");
	disks[0].disk.model = BUS_DISK_ATA;
	machine_start(1);
	expect("a sector past the end of a smaller disk", board_load(saved, size) != NULL);
	fresh();
	disks[0].disk.model = disks[1].disk.model = disks[2].disk.model = BUS_DISK_VIRTIO;
	machine_start(1);
	expect("other disks", board_load(saved, size) != NULL);
}

int main(void)
{
	test_who();
	test_port();
	test_master();
	test_wrong();
	test_late();
	test_state();
	return report("ata", 50);
}
