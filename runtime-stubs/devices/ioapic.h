/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/* The interrupt controller between lines and local APICs. */
#ifndef PREVIRT_IOAPIC_H
#define PREVIRT_IOAPIC_H
#include <stdint.h>

#define IOAPIC_ADDRESS 0xfec00000u
#define IOAPIC_SIZE 4096u

void ioapic_reset(void);

/* An access of @size bytes at @offset; @self is not used. */
uint64_t ioapic_read(void *self, uint64_t offset, unsigned size);
void ioapic_write(void *self, uint64_t offset, unsigned size, uint64_t value);

/* Input @pin is masked; an interrupt of it waits at a local APIC. */
int ioapic_masked(unsigned pin);
int ioapic_keeps(unsigned pin);
/* Input @pin is high (1) or low now. */
void ioapic_set(unsigned pin, int level);
/* A local APIC has had the end of @vector, which came as a level. */
void ioapic_end(unsigned vector);

#endif
