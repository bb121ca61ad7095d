/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * The machine around the processors: a PC, AT-compatible, whose devices stand in
 * devices.def. What no device claims reads as ones and ignores writes.
 *
 * Must not know: the processor's state, page tables, which hypervisor is below.
 */
#ifndef PREVIRT_BOARD_H
#define PREVIRT_BOARD_H
#include "../bus/bus.h"
#include "devices.h"

#define BOARD_MEMORY 65536u	/* bytes, for the structures of all devices */

/* The board of a machine. */
struct board_vm {
	uint64_t memory[BOARD_MEMORY / 8];	/* state: see each device */
	/* Derived. */
	struct bus bus;			/* what the processors reach the devices by */
	void *self[BOARD_DEVICES];	/* the structure of each; NULL before board_start */
};
extern struct board_vm board_vm;	/* wedge/vm.h */

/* The first serial port. */
#define BOARD_COM1 0x3f8

/* Once, before anything else: attaches all devices and resets them. Gives NULL, or
   the name of the device that cannot be. */
const char *board_start(void);
/* The processor that calls it has started; the first one's is board_start. */
void board_vcpu_started(void);

/* Time has passed or input has come: see bus_run. */
static inline void board_run(void)
{
	bus_run(&board_vm.bus);
}

/* An interrupt that the calling processor is to take now, or -1; taking it. */
int board_interrupt(void);
/* 1 if there is one. */
int board_interrupt_waits(void);
/* An NMI waits; taking it. */
int board_nmi_waits(void);
int board_take_nmi(void);

/* Somebody has pressed the power button; what it means is the guest's decision. */
void board_power_button(void);

/* Ticks of the 8254 signalled when later ones were due already; dropped, for the
   line was masked. */
void board_count_ticks(uint64_t *late, uint64_t *dropped);

/* The ACPI tables: fill @page, which the guest sees at @address. A kernel looks for
   them between E0000h and FFFFFh, 16 bytes aligned: */
#define BOARD_TABLES 0xf0000u
void board_write_tables(void *page, uint32_t address);

/* Saved state: bytes that board_save writes, once board_start has been. */
size_t board_state_size(void);
void board_save(uint8_t *to);
/* After board_start, with the time (backend_time) going on from that of the save.
   NULL, or the name of the device whose state cannot be read; the machine must not
   run then. */
const char *board_load(const uint8_t *from, size_t size);

#endif
