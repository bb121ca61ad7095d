/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * The machine around the processors: an AT-compatible PC. devices.def lists its
 * devices. A port or address without a device reads as all ones and ignores writes.
 *
 * Must not know: the processor's state, page tables, the hypervisor.
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
	struct bus bus;			/* by which the processors reach the devices */
	void *self[BOARD_DEVICES];	/* the structure of each; NULL before board_start */
};
extern struct board_vm board_vm;	/* wedge/vm.h */

/* The first serial port. */
#define BOARD_COM1 0x3f8

/* Attaches all devices and resets them. It is called once, before all other functions of the
   board. Returns NULL, or the name of a device whose windows or slot are not free. */
const char *board_start(void);
/* The running processor has started. For the first processor board_start does the same. */
void board_running_started(void);

/* Time has passed or input has come: see bus_run. */
static inline void board_run(void)
{
	bus_run(&board_vm.bus);
}

/* Acknowledges the interrupt that the running processor is to take now and returns its
   vector; -1: there is none. */
int board_interrupt(void);
/* Returns 1 if there is one. */
int board_interrupt_waits(void);
/* Returns 1 if an NMI is pending at the running processor. take also clears it. */
int board_nmi_waits(void);
int board_take_nmi(void);

/* The power button is pressed. The guest decides what follows. */
void board_power_button(void);

/* Counts ticks of the 8254: *@late were signalled after the next one was due, *@dropped were
   not signalled, because the line was masked. */
void board_count_ticks(uint64_t *late, uint64_t *dropped);

/* Writes the ACPI tables to @page, which the guest sees at @address. A kernel searches for
   them between E0000h and FFFFFh, at multiples of 16: */
#define BOARD_TABLES 0xf0000u
void board_write_tables(void *page, uint32_t address);

/* Returns how many bytes board_save writes. Both may be called after board_start only. */
size_t board_state_size(void);
void board_save(uint8_t *to);
/* Reads the state of all devices. It is called after board_start, and backend_time must go
   on from the time of the save. Returns NULL, or the name of the device whose state is
   refused; the machine must not run then. */
const char *board_load(const uint8_t *from, size_t size);

#endif
