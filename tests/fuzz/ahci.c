/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * Fuzz target: a hostile guest and AHCI. The input is what the guest does: registers, commands
 * and their tables; its other processors; disks that are late or fail; state that was saved and
 * is read again, damaged or not.
 *
 * Required of every input: no memory error; requests as drives.h requires them; a read-only disk is
 * never written; when all is over and the controller was reset, a sector is read.
 */
#define DRIVES_SECTORS 64u
#include "guest.h"
#include "../wedge/unit/drives.h"
#include "../../runtime-stubs/board/places.h"

#define SLOT DISK_SLOT
#define REGISTERS 0xe0200000u
#define LIST RING		/* of both ports */
#define RECEIVED (RING + 0x400)
#define TABLE (RING + 0x800)	/* of all commands */
enum { CLB = 0x100, FB = 0x108, CMD = 0x118, CI = 0x138, NEXT_PORT = 0x80 };

static void set(unsigned at, uint32_t value) { store(REGISTERS + at, 4, value); }

static void firmware(void)
{
	config_set(SLOT, 4, 2, 0);
	config_set(SLOT, 0x24, 4, REGISTERS);
	config_set(SLOT, 4, 2, 6);
}

static void start_port(unsigned n)
{
	set(CLB + NEXT_PORT * n, LIST);
	set(CLB + NEXT_PORT * n + 4, 0);
	set(FB + NEXT_PORT * n, RECEIVED);
	set(FB + NEXT_PORT * n + 4, 0);
	set(CMD + NEXT_PORT * n, 0x11);
}

static void start(void)
{
	memset(backend_guest_memory + RING, 0, DATA - RING);
	meddling.reads = 0;
	drives_make(BUS_DISK_AHCI, 1);
	machine_start(1);
	firmware();
}

/* A command in the list; by the bits of @how what is not usual. */
static void put(unsigned slot, uint8_t how)
{
	static const uint8_t codes[] = { 0x25, 0x35, 0xec, 0xea, 0x20, 0x30, 0xc8, 0xca, 0x29, 0xc6, 0xef, 0x91,
					 0x40, 0xe5, 0xf8, 0x24 };
	uint8_t fis[20] = { 0x27, 0x80, codes[how & 15], 3, how & 0x10 ? take(1) : 0, 0, 0, 0xe0 };
	uint32_t header[8] = { 5 | (how & 0x20 ? take(2) : 1u) << 16, 0, TABLE };

	fis[12] = how & 0x40 ? take(1) : 1;
	if (how & 0x80)
		fis[take(1) % sizeof(fis)] = take(1);
	memcpy(backend_guest_memory + LIST + 32 * slot, header, sizeof(header));
	memcpy(backend_guest_memory + TABLE, fis, sizeof(fis));
}

static void entry(unsigned n, uint32_t address, uint32_t bytes)
{
	memcpy(backend_guest_memory + TABLE + 0x80 + 16 * n, (uint32_t[]){ address, 0, 0, bytes - 1 }, 16);
}

static void act(void)
{
	uint8_t op = take(1);
	unsigned n = op >> 6;

	switch (op & 15) {
	case 0: start_port(n); break;
	case 1: put(op >> 4, take(1)); break;
	case 2: entry(take(1) % 64, op & 0x10 ? take(4) : PLAYGROUND / 2, op & 0x20 ? take(4) : 512); break;
	case 3: set(CI + NEXT_PORT * n, op & 0x20 ? take(4) : 1u << take(1) % 16); break;
	case 4: store(REGISTERS + (take(2) & 0xffc), op & 0x10 ? 4 : 1 << n, take(4)); break;
	case 5: load(REGISTERS + (take(2) & 0xfff), 1 << n); break;
	case 6: set(CMD + NEXT_PORT * n, take(1)); break;
	case 7: set(4, op >> 4); break;
	case 8: manner = (op >> 4) % MANNERS; break;
	case 9:
		if (holds)
			drives_finish();
		break;
	case 10: backend_guest_memory[take(3) & (PLAYGROUND - 1)] = take(1); break;
	case 11:
		guest_save();
		holds = 0;
		if (!guest_load())
			start();
		break;
	case 12: meddle_later(); break;
	case 13: config_set(SLOT, take(1) & ~3u, 4, take(4)); break;
	default: board_run(); board_interrupt(); break;
	}
}

static void check(void)
{
	input = input_end;
	meddling.reads = 0;
	manner = PROMPT;
	firmware();
	set(4, 1);
	while (holds)
		drives_finish();
	must(load(REGISTERS + 4, 4) == 0x80000000, "a reset is over");
	start_port(0);
	put(0, 0);
	entry(0, PLAYGROUND / 2, 512);
	backend_guest_memory[PLAYGROUND / 2] = 0;
	set(CI, 1);
	must(!load(REGISTERS + CI, 4) && load(REGISTERS + 0x120, 4) == 0x50, "a command after a reset");
	must(backend_guest_memory[PLAYGROUND / 2] == contents[0][0], "a sector after a reset");
	for (unsigned i = 0; i < sizeof(contents[1]); i++)
		must(contents[1][i] == 0x11, "the read-only disk is as it was");
}
