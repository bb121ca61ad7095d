/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/* A guest processor's registers, by gdb's names and numbers. */
#ifndef PREVIRT_GDB_REGISTERS_H
#define PREVIRT_GDB_REGISTERS_H
#include "server.h"
#include "../cpu/cpu.h"

extern const struct gdb_register registers_table[];
extern const unsigned registers_count;

/* Read the running processor's x87 and SSE registers from hardware, and load them. */
void registers_take_state(void);
void registers_give_state(void);

/* Register @n of @cpu; @running: it is the running processor's, whose x87 and SSE registers
   have been taken. Returns 0, or -1: it is not known. */
int registers_read(struct cpu *cpu, unsigned n, int running, uint8_t *to);
/* Sets a register of the running processor. Returns 0, or -1 if it cannot be set. */
int registers_write(struct cpu *cpu, unsigned n, const uint8_t *from);

#endif
