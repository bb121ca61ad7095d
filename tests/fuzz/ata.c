/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * Fuzz target: a hostile guest and ATA disks. The input is what the guest does: registers,
 * the data port, the bus master and its table; its other processors; disks that are late or
 * fail; state that was saved and is read again, damaged or not.
 *
 * Asked of every input: no memory error; requests are within their disk, of whole sectors, and
 * one at a time for each channel; a read-only disk is never written; when all is over and the
 * disks were reset, a sector is read by the data port and by bus master.
 */
#define DRIVES_SECTORS 64u
#include "guest.h"
#include "../wedge/unit/drives.h"
#include "../../runtime-stubs/board/places.h"

#define SLOT DISK_SLOT
#define MASTER 0xd000u
#define TABLE RING

static void start(void)
{
	memset(backend_guest_memory + RING, 0, DATA - RING);
	meddling.reads = 0;
	drives_make(BUS_DISK_ATA, 1);
	machine_start(1);
	config_set(SLOT, 4, 2, 7);
	config_set(SLOT, 0x20, 4, MASTER);
}

static void port(unsigned at, int size, uint32_t value) { bus_write_port(&board_vm.bus, at, size, value); }

/* The registers for a command, by one byte of input for what is usual. */
static void command(uint16_t base, uint8_t how)
{
	static const uint8_t codes[] = { 0x20, 0x30, 0xc8, 0xca, 0xec, 0x25, 0x35, 0x24, 0x34, 0xc4, 0xc5,
					 0xc6, 0xe7, 0xef, 0x91, 0x40 };

	port(base + 6, 1, (how & 0x10 ? 0x10 : 0) | 0xe0);
	port(base + 2, 1, how & 0x20 ? take(1) : 1);
	port(base + 3, 1, how & 0x40 ? take(1) : how & 7);
	port(base + 4, 1, 0);
	port(base + 5, 1, 0);
	port(base + 7, 1, codes[how & 15]);
}

static void act(void)
{
	uint8_t op = take(1);
	uint16_t base = op & 0x80 ? 0x170 : 0x1f0;
	int size = 1 << (op >> 4 & 3) % 3;

	switch (op & 15) {
	case 0: command(base, take(1)); break;
	case 1: port(base + 1 + take(1) % 7, 1, take(1)); break;
	case 2: bus_read_port(&board_vm.bus, base + take(1) % 8, size); break;
	case 3:
		for (unsigned i = take(1) * 4; i; i--)
			bus_read_port(&board_vm.bus, base, size == 1 ? 2 : size);
		break;
	case 4:
		for (unsigned i = take(1) * 4; i; i--)
			port(base, size == 1 ? 2 : size, i);
		break;
	case 5: port(base + 0x206, 1, take(1)); break;
	case 6: port(MASTER + take(1) % 16, size, take(4)); break;
	case 7:
		port(MASTER + 4 + (op >> 4 & 8), 4, TABLE);
		port(MASTER + (op >> 4 & 8), 1, 9);
		break;
	case 8: {
		uint32_t entry[2] = { take(1) & 1 ? take(4) : PLAYGROUND / 2, take(4) };

		memcpy(backend_guest_memory + TABLE + 8 * (take(1) % 64), entry, sizeof(entry));
		break;
	}
	case 9: manner = (op >> 4) % MANNERS; break;
	case 10:
		if (holds)
			drives_finish();
		break;
	case 11: backend_guest_memory[take(3) & (PLAYGROUND - 1)] = take(1); break;
	case 12:
		guest_save();
		holds = 0;
		if (!guest_load())
			start();
		break;
	case 13: meddle_later(); break;
	case 14: config_set(SLOT, take(1) & ~3u, 4, take(4)); break;
	default: board_run(); board_interrupt(); break;
	}
}

static void check(void)
{
	input = input_end;
	meddling.reads = 0;
	manner = PROMPT;
	while (holds)
		drives_finish();
	config_set(SLOT, 4, 2, 7);
	config_set(SLOT, 0x20, 4, MASTER);
	port(0x3f6, 1, 4);
	port(0x3f6, 1, 0);
	command(0x1f0, 0);
	must(bus_read_port(&board_vm.bus, 0x1f7, 1) == 0x58, "a sector by the port");
	port(0x3f6, 1, 4);
	port(0x3f6, 1, 0);
	memcpy(backend_guest_memory + TABLE, (uint32_t[]){ PLAYGROUND / 2, 0x80000200 }, 8);
	port(MASTER, 1, 0);
	port(MASTER + 4, 4, TABLE);
	command(0x1f0, 2);
	port(MASTER, 1, 9);
	must(bus_read_port(&board_vm.bus, 0x1f7, 1) == 0x50, "a sector by bus master");
	for (unsigned i = 0; i < sizeof(contents[1]); i++)
		must(contents[1][i] == 0x11, "the read-only disk is as it was");
}
