/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * The high-precision event timer: a counter in memory that a kernel measures its
 * other clocks against.
 */
#ifndef PREVIRT_HPET_H
#define PREVIRT_HPET_H
#include <stdint.h>

#define HPET_ADDRESS 0xfed00000u
#define HPET_SIZE 4096u
/* The low half of the capabilities, which stands in the ACPI table, too. */
#define HPET_ID 0x80862201u

void hpet_reset(void);

/* An access of @size bytes at @offset; @self is not used. */
uint64_t hpet_read(void *self, uint64_t offset, unsigned size);
void hpet_write(void *self, uint64_t offset, unsigned size, uint64_t value);

#endif
