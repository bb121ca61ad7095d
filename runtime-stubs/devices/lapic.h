/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * The local interrupt controllers of the processors: registers in memory, a
 * timer, commands to the others, and for the first processor the line from the
 * 8259 pair (LINT0). Each call is for the processor that makes it.
 */
#ifndef PREVIRT_LAPIC_H
#define PREVIRT_LAPIC_H
#include <stdint.h>

#define LAPIC_ADDRESS 0xfee00000u
#define LAPIC_SIZE 4096u

/* As firmware leaves it: in virtual wire mode. */
void lapic_reset(void);

/* An access of @size bytes at @offset; @self is not used. */
uint64_t lapic_read(void *self, uint64_t offset, unsigned size);
void lapic_write(void *self, uint64_t offset, unsigned size, uint64_t value);

/* Up to @now; gives the time at which the timer ends next, 0: never. */
uint64_t lapic_run(uint64_t now);

/* The vector to be delivered now, or -1; taking it. */
int lapic_due(void);
void lapic_take(int vector);

/* A message of the I/O APIC: @entry as in a redirection, to processors @to. */
void lapic_deliver(uint32_t entry, uint8_t to);

/* @vector waits at one of the processors. */
int lapic_requested(unsigned vector);

/* An NMI waits; taking it. */
int lapic_nmi_waits(void);
int lapic_take_nmi(void);

/* What the 8259 pair wants goes through to the processor. */
int lapic_passes_8259(void);

#endif
