/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * The board with all its devices, on the host: the back-end's part of it is this
 * program's own (machine.c), with a clock that a test sets.
 */
#ifndef PREVIRT_UNIT_MACHINE_H
#define PREVIRT_UNIT_MACHINE_H
#include "../../../runtime-stubs/board/board.h"
#include <stdint.h>

#define NS 1000000000ull
#define MS 1000000ull

extern uint64_t machine_now;		/* backend_time */
extern uint64_t machine_next;		/* the last backend_timer_set */
extern int machine_kicked;		/* the last backend_kick, or -1 */
extern int machine_ended;		/* the last backend_shutdown, or -1 */
extern const char *machine_input;	/* what the console has to read */
extern char machine_output[256];	/* what it was given */

#define MACHINE_MEMORY 0x200000u	/* bytes, from 0 on */
/* The disks of the next machine, up to the first that is NULL. */
extern struct bus_disk *machine_disks[BUS_DISKS];
extern struct bus_entropy *machine_entropy;	/* or NULL */
extern struct bus_share *machine_share;	/* or NULL */
extern struct bus_balloon *machine_balloon;	/* or NULL */
extern uint8_t machine_console;			/* virtio's, too */
extern struct bus_net *machine_net;		/* or NULL */

/* A fresh machine of @vcpus processors; those but the first have not started. */
void machine_start(unsigned vcpus);
/* Resets every device where it is. */
void machine_reset(void);
/* Runs @does with @argument; machine_ended tells whether the machine ended in it. */
void machine_try(void (*does)(uint32_t argument), uint32_t argument);

void expect(const char *what, int good);
/* The last line of a test; the exit status. At least @least must have passed. */
int report(const char *test, unsigned least);

static inline uint8_t in(uint16_t port) { return bus_read_port(&board_vm.bus, port, 1); }
static inline void out(uint16_t port, uint8_t value) { bus_write_port(&board_vm.bus, port, 1, value); }
/* Device memory. */
uint64_t load(uint64_t gpa, unsigned size);
void store(uint64_t gpa, unsigned size, uint64_t value);

#endif
