/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * What fuzz targets of devices share: the input, which is what a hostile guest does, and
 * another processor that changes memory while a device reads it (bus_dma_read is wrapped for
 * that). For one file of each target.
 */
#ifndef PREVIRT_FUZZ_GUEST_H
#define PREVIRT_FUZZ_GUEST_H
#include "../wedge/unit/driver.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PLAYGROUND 0x40000u	/* of the guest's memory; the rings and headers are cleared */

static const uint8_t *input, *input_end;
static uint8_t *saved;

static inline uint32_t take(unsigned bytes)
{
	uint32_t value = 0;

	for (unsigned i = 0; i < bytes && input < input_end; i++)
		value |= (uint32_t)*input++ << 8 * i;
	return value;
}

static inline void must(int good, const char *what)
{
	if (good)
		return;
	fprintf(stderr, "not so: %s\n", what);
	abort();
}

static inline void must_be_memory(const struct bus_segment *segment)
{
	must(segment->at >= backend_guest_memory && segment->size <= MACHINE_MEMORY &&
	     segment->at + segment->size <= backend_guest_memory + MACHINE_MEMORY, "guest memory");
}

/* What another processor is going to do: before so many reads, a byte of the rings. */
static struct { unsigned reads, at; uint8_t value; } meddling;

static inline void meddle_later(void)
{
	meddling.reads = take(1) % 32;
	meddling.at = take(2) % (DATA - RING);
	meddling.value = take(1);
}

int __real_bus_dma_read(const struct bus *bus, uint64_t gpa, void *to, size_t size);
int __wrap_bus_dma_read(const struct bus *bus, uint64_t gpa, void *to, size_t size);
int __wrap_bus_dma_read(const struct bus *bus, uint64_t gpa, void *to, size_t size)
{
	if (meddling.reads && !--meddling.reads)
		backend_guest_memory[RING + meddling.at] = meddling.value;
	return __real_bus_dma_read(bus, gpa, to, size);
}

/* A target's own: a fresh machine; what the guest does next; what must work whatever it did. */
static void start(void);
static void act(void);
static void check(void);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	input = data;
	input_end = data + size;
	start();
	while (input < input_end)
		act();
	check();
	return 0;
}

/* The machine's state is saved, and damaged or not. */
static inline void guest_save(void)
{
	size_t size = board_state_size();

	if (!saved)
		saved = malloc(1 << 16);
	board_save(saved);
	if (take(1) & 1)
		saved[take(2) % size] = take(1);
}

/* It is read by a fresh machine. 0: it was not its state. */
static inline int guest_load(void)
{
	machine_start(1);
	return !board_load(saved, board_state_size());
}

#endif
