/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * Direct memory access: how a device reaches guest memory. The guest supplies the
 * guest-physical addresses, so they may be anything. Registers of devices cannot be
 * reached.
 */
#ifndef PREVIRT_BUS_DMA_H
#define PREVIRT_BUS_DMA_H
#include <stddef.h>
#include <stdint.h>

struct bus;

/* A range that bus_dma has checked. It stays valid as long as the machine exists. */
struct bus_segment {
	uint8_t *at;
	uint32_t size;		/* bytes */
};

/* Returns a pointer to the @size bytes at @gpa, or NULL if not all of them are memory or @size
   is 0. The guest may change them at any time. */
void *bus_dma(const struct bus *bus, uint64_t gpa, uint64_t size);

/* Copy @size bytes from or to guest memory; each is read once. Return -1 if not all of them
   are memory; nothing is copied then. */
int bus_dma_read(const struct bus *bus, uint64_t gpa, void *to, size_t size);
int bus_dma_write(const struct bus *bus, uint64_t gpa, const void *from, size_t size);

#endif
