/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * Guest memory as a device reaches it by itself (direct memory access): by
 * guest-physical addresses, which the guest has given and which may be anything.
 * Only memory is reached, never a device's registers.
 */
#ifndef PREVIRT_BUS_DMA_H
#define PREVIRT_BUS_DMA_H
#include <stddef.h>
#include <stdint.h>

struct bus;

/* Memory that has been looked at: it is there as long as the machine is. */
struct bus_segment {
	uint8_t *at;
	uint32_t size;		/* bytes */
};

/* The @size bytes at @gpa, one behind the other, or NULL: not all of them are memory
   (or size is 0). Others may change them while they are read. */
void *bus_dma(const struct bus *bus, uint64_t gpa, uint64_t size);

/* Copies of so many bytes; nothing of them is read twice. -1: they are no memory,
   and nothing was done. */
int bus_dma_read(const struct bus *bus, uint64_t gpa, void *to, size_t size);
int bus_dma_write(const struct bus *bus, uint64_t gpa, const void *from, size_t size);

#endif
