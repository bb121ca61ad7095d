/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * AHCI, by a driver of the test's own and disks in memory: what it says of itself, commands
 * with tables of memory, errors and restarts, resets, a disk that is late or fails, saved state.
 */
#include "driver.h"
#include "drives.h"
#include "../../../runtime-stubs/board/places.h"

#define SLOT DISK_SLOT
#define SECTORS DRIVES_SECTORS
#define LIST 0x30000u
#define RECEIVED 0x31000u
#define TABLE 0x32000u		/* of command 0; the others behind it */
#define TABLE_BYTES 0x400u
#define BUFFER 0x40000u
#define memory backend_guest_memory

enum { CAP, GHC = 4, IS = 8, PI = 12, VERSION = 16 };
enum { CLB = 0x100, FB = 0x108, PORT_IS = 0x110, IE = 0x114, CMD = 0x118, TFD = 0x120, SIG = 0x124, LINK = 0x128,
       SCTL = 0x12c, CI = 0x138, NEXT_PORT = 0x80 };
enum { READ = 0x20, READ_DMA = 0x25, WRITE_DMA = 0x35, FLUSH = 0xea, IDENTIFY = 0xec };
enum { GOOD = 0x50, FAILED = 0x51, TOLD = 1, TOLD_PIO = 2 };
#define NOWHERE (1u << 29)
#define ERROR (1u << 30)

static uint32_t hba(unsigned at) { return load(bar(SLOT, 5), 4), load(bar(SLOT, 5) + at, 4); }
static void set(unsigned at, uint32_t value) { store(bar(SLOT, 5) + at, 4, value); }

static void start_port(unsigned n)
{
	set(CLB + NEXT_PORT * n, LIST + 0x400 * n);
	set(FB + NEXT_PORT * n, RECEIVED + 0x100 * n);
	set(CMD + NEXT_PORT * n, 0x10);
	set(IE + NEXT_PORT * n, ~0u);
	set(CMD + NEXT_PORT * n, 0x11);
}

/* Three: the last one is read-only. */
static void fresh(void)
{
	drives_make(BUS_DISK_AHCI, 2);
	memset(memory + LIST, 0, 0x10000);
	machine_start(1);
	config_set(SLOT, 4, 2, 6);
	set(GHC, 2);
	for (unsigned n = 0; n < 3; n++)
		start_port(n);
}

/* Entry @n of the table of command @slot. */
static void entry(unsigned slot, unsigned n, uint64_t address, uint32_t bytes)
{
	uint32_t words[] = { address, address >> 32, 0, bytes - 1 };

	memcpy(memory + TABLE + slot * TABLE_BYTES + 0x80 + 16 * n, words, 16);
}

/* Command @slot of port @port, with so many entries. */
static void put(unsigned port, unsigned slot, uint8_t code, uint64_t sector, unsigned count, unsigned entries)
{
	const uint8_t fis[20] = { 0x27, 0x80, code, 0, sector, sector >> 8, sector >> 16, 0xe0 | (code == READ ?
		sector >> 24 & 15 : 0), sector >> 24, sector >> 32, sector >> 40, 0, count, count >> 8 };
	uint32_t header[8] = { 5 | entries << 16, 0xffffffff, TABLE + slot * TABLE_BYTES };

	memcpy(memory + TABLE + slot * TABLE_BYTES, fis, sizeof(fis));
	memcpy(memory + LIST + 0x400 * port + 32 * slot, header, sizeof(header));
}

static uint32_t moved(unsigned slot)
{
	uint32_t bytes;

	memcpy(&bytes, memory + LIST + 32 * slot + 4, 4);
	return bytes;
}

static void issue(uint8_t code, uint64_t sector, unsigned count, unsigned entries)
{
	put(0, 0, code, sector, count, entries);
	set(CI, 1);
}

static int told(void) { return board_vm.bus.high[bus_slot_line(SLOT)]; }

static void test_who(void)
{
	uint16_t words[256];

	fresh();
	expect("who it is", config_get(SLOT, 0, 4) == 0x29228086 && config_get(SLOT, 8, 4) == 0x01060102 &&
	       config_get(SLOT + 1, 0, 4) == ~0u);
	expect("what it can", hba(CAP) == 0x80141f02 && hba(PI) == 7 && hba(VERSION) == 0x10300 &&
	       hba(GHC) == 0x80000002 && load(bar(SLOT, 5) + PI + 1, 1) == 0 && load(bar(SLOT, 5) + CAP, 8) == 0x8000000280141f02);
	expect("disks", hba(SIG) == 0x101 && hba(LINK) == 0x113 && hba(TFD) == 0x150 && !hba(LINK + 3 * NEXT_PORT));
	expect("a port that runs", hba(CMD) == 0xc017);
	entry(0, 0, BUFFER, 512);
	issue(IDENTIFY, 0, 0, 1);
	memcpy(words, memory + BUFFER, 512);
	expect("a disk", words[0] == 0x40 && words[60] == SECTORS && words[100] == SECTORS && moved(0) == 512);
	expect("as by a data port", hba(PORT_IS) == (TOLD | TOLD_PIO) && memory[RECEIVED + 0x20] == 0x5f &&
	       memory[RECEIVED + 0x2f] == GOOD && memory[RECEIVED + 0x40] == 0x34 && memory[RECEIVED + 0x42] == GOOD);
	expect("told", told() && hba(IS) == 1 && !hba(CI));
	set(IS, 1);
	expect("as long as the port says so", told() && hba(IS) == 1);
	set(PORT_IS, ~0u);
	set(IS, 1);
	expect("heard", !told() && !hba(IS));
	issue(0xe5, 0, 0, 0);
	expect("power", memory[RECEIVED + 0x4c] == 0xff && hba(PORT_IS) == TOLD);
}

static void test_moved(void)
{
	fresh();
	for (unsigned i = 0; i < sizeof(contents[0]); i++)
		contents[0][i] = i * 7 >> 3;
	entry(0, 0, BUFFER, 100);
	entry(0, 1, BUFFER + 0x1000, 412);
	entry(0, 2, BUFFER + 0x2000, 1024);
	issue(READ_DMA, 9, 3, 3);
	expect("read", !hba(CI) && hba(TFD) == GOOD && moved(0) == 1536 && hba(PORT_IS) == TOLD &&
	       !memcmp(memory + BUFFER, contents[0] + 9 * 512, 100) &&
	       !memcmp(memory + BUFFER + 0x1000, contents[0] + 9 * 512 + 100, 412) &&
	       !memcmp(memory + BUFFER + 0x2000, contents[0] + 10 * 512, 1024));
	for (unsigned i = 0; i < 70; i++)
		entry(0, i, BUFFER + 0x1000 * i, 200);
	submits = 0;
	issue(READ_DMA, 0, 27, 70);
	expect("of many parts", submits == 3 && moved(0) == 27 * 512 &&
	       !memcmp(memory + BUFFER + 0x1000 * 69, contents[0] + 69 * 200, 13824 - 69 * 200));
	memset(memory + BUFFER, 0x99, 0x10000);
	entry(0, 0, BUFFER, 0x10000);
	issue(WRITE_DMA, 100, 128, 1);
	expect("written", contents[0][100 * 512] == 0x99 && contents[0][228 * 512 - 1] == 0x99 &&
	       contents[0][228 * 512] != 0x99 && !flushes);
	issue(FLUSH, 0, 0, 0);
	expect("flushed", flushes == 1 && !hba(CI) && hba(TFD) == GOOD);
	for (unsigned i = 0; i < 32; i++) {
		entry(i, 0, BUFFER + 512 * i, 512);
		put(0, i, READ, 31 - i, 1, 1);
	}
	set(CI, ~0u);
	expect("many at once", !hba(CI) && memory[BUFFER] == contents[0][31 * 512] &&
	       memory[BUFFER + 31 * 512 + 9] == contents[0][9]);
	entry(0, 0, BUFFER, 512);
	put(1, 0, READ_DMA, 0, 1, 1);
	set(CI + NEXT_PORT, 1);
	expect("the second port", memory[BUFFER] == 0x11 && hba(IS) == 3);
}

/* The port stops at a command that fails, and goes on when it was started again. */
static void failed(const char *what, uint32_t causes, uint32_t task)
{
	int good = hba(PORT_IS) == causes && hba(CI) == 1 && hba(TFD) == task;

	set(CI, 3);
	good &= hba(CI) == 3;
	set(CMD, 0x10);
	set(PORT_IS, ~0u);
	good &= !hba(CI) && hba(CMD) == 0x4016;
	set(CMD, 0x11);
	entry(0, 0, BUFFER, 512);
	issue(READ_DMA, 0, 1, 1);
	expect(what, good && hba(PORT_IS) == TOLD && !hba(CI) && memory[BUFFER] == 0x10);
	set(PORT_IS, ~0u);
}

static void test_wrong(void)
{
	fresh();
	issue(READ_DMA, SECTORS - 1, 2, 1);
	failed("beyond the end", TOLD | ERROR, 0x10 << 8 | FAILED);
	issue(0xf8, 0, 0, 0);
	failed("no command", TOLD | ERROR, 4 << 8 | FAILED);
	entry(0, 0, MACHINE_MEMORY, 512);
	issue(READ_DMA, 0, 1, 1);
	failed("no memory", TOLD | ERROR, 4 << 8 | FAILED);
	entry(0, 0, ~0ull - 100, 512);
	issue(IDENTIFY, 0, 1, 1);
	failed("past the last address", TOLD | ERROR, 4 << 8 | FAILED);
	entry(0, 0, BUFFER, 512);
	issue(READ_DMA, 0, 2, 1);
	failed("a short table", TOLD | ERROR, 4 << 8 | FAILED);
	put(0, 0, READ_DMA, 0, 1, 1);
	memory[LIST] |= 0x20;
	set(CI, 1);
	failed("a packet", TOLD | ERROR, 4 << 8 | FAILED);
	put(0, 0, READ_DMA, 0, 1, 1);
	memory[TABLE] = 0x34;
	set(CI, 1);
	failed("no command's frame", TOLD | ERROR, 4 << 8 | FAILED);
	put(0, 0, READ_DMA, 0, 1, 1);
	memory[LIST + 11] = 0xff;
	set(CI, 1);
	failed("no table", NOWHERE, GOOD);
	config_set(SLOT, 4, 2, 2);
	issue(READ_DMA, 0, 1, 1);
	config_set(SLOT, 4, 2, 6);
	failed("no master", NOWHERE, GOOD);
	manner = FAILING;
	issue(READ_DMA, 0, 1, 1);
	manner = PROMPT;
	failed("the disk's error", TOLD | ERROR, 0x40 << 8 | FAILED);
	put(2, 0, WRITE_DMA, 0, 1, 1);
	set(CI + 2 * NEXT_PORT, 1);
	expect("read-only", hba(TFD + 2 * NEXT_PORT) == (4 << 8 | FAILED) && contents[2][0] == 0x12);
	set(FB, 0xffffff00);
	issue(FLUSH, 0, 0, 0);
	expect("nowhere to answer to", hba(PORT_IS) == NOWHERE);
	store(bar(SLOT, 5) + GHC, 2, 0);
	expect("a part of a register", hba(GHC) == 0x80000002);
	set(CMD, 0);
	set(CI, 1);
	expect("a port that does not run", hba(CI) == 0 && hba(CMD) == 6);
}

static void test_late(void)
{
	fresh();
	manner = LATE;
	entry(0, 0, BUFFER, 512);
	issue(READ_DMA, 1, 1, 1);
	expect("busy", hba(TFD) == 0x80 && hba(CI) == 1 && submits == 1);
	put(0, 1, FLUSH, 0, 0, 0);
	set(CI, 2);
	expect("one behind the other", submits == 1 && hba(CI) == 3);
	drives_finish();
	expect("the next", submits == 2 && hba(CI) == 2 && holds == 1);
	drives_finish();
	expect("over", !hba(CI) && told());
	issue(READ_DMA, 1, 1, 1);
	set(PORT_IS, ~0u);
	set(CMD, 0x10);
	expect("it runs until the disk is done", hba(CMD) & 0x8000 && !hba(CI));
	drives_finish();
	expect("and nobody is told", !(hba(CMD) & 0x8000) && !hba(PORT_IS));
	set(CMD, 0x11);
	issue(READ_DMA, 1, 1, 1);
	set(GHC, 1);
	expect("a reset waits", hba(GHC) == 0x80000001 && !told());
	set(GHC, 2);
	drives_finish();
	expect("for the disk", hba(GHC) == 0x80000000 && hba(CMD) == 6 && hba(TFD) == 0x150);
	manner = PROMPT;
	set(SCTL, 1);
	expect("a link that starts", hba(LINK) == 0);
	set(SCTL, 0);
	expect("is up", hba(LINK) == 0x113 && hba(SCTL) == 0);
	start_port(0);
	put(0, 0, 0, 0, 0, 0);
	memory[TABLE + 1] = 0;
	memory[TABLE + 15] = 4;
	set(CI, 1);
	expect("a reset by a frame", !hba(CI) && !hba(PORT_IS));
	memory[TABLE + 15] = 0;
	set(CI, 1);
	expect("and its end", !hba(CI) && hba(PORT_IS) == TOLD && memory[RECEIVED + 0x4c] == 1);
}

static void test_state(void)
{
	static uint8_t saved[1 << 16];
	size_t size;

	fresh();
	manner = LATE;
	entry(0, 0, BUFFER, 512);
	entry(0, 1, BUFFER + 0x1000, 512);
	issue(READ_DMA, 1, 2, 2);
	put(0, 1, FLUSH, 0, 0, 0);
	set(CI, 2);
	size = board_state_size();
	board_save(saved);
	manner = PROMPT;
	holds = submits = 0;
	memset(memory + BUFFER, 0, 0x2000);
	machine_start(1);
	expect("read", size <= sizeof(saved) && !board_load(saved, size));
	expect("begun once more", told() && !hba(CI) && submits == 2 && memory[BUFFER + 0x1000 + 511] == 0x10);
	manner = LATE;
	issue(READ_DMA, SECTORS - 1, 1, 1);
	board_save(saved);
	manner = PROMPT;
	memory_disk_init(&disks[0], contents[0], sizeof(contents[0]) / 2, 0, "disk");
	disks[0].disk.model = BUS_DISK_AHCI;
	machine_start(1);
	expect("a sector past the end of a smaller disk", board_load(saved, size) != NULL);
	disks[0].disk.model = disks[1].disk.model = disks[2].disk.model = BUS_DISK_VIRTIO;
	machine_start(1);
	expect("other disks", board_load(saved, size) != NULL);
}

int main(void)
{
	test_who();
	test_moved();
	test_wrong();
	test_late();
	test_state();
	return report("ahci", 46);
}
