/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * MSI-X, interrupts by message, with a table of vectors in memory: PCI Local Bus
 * Specification 3.0, 6.8.2. A message is a write to the local APICs' addresses (Intel
 * SDM volume 3, 11.11). Other addresses are not written.
 */
#include "bus.h"
#include <string.h>

#define MSIX_ID 0x11
#define MSIX_CONTROL 3		/* the high byte of its control register */
#define MSIX_ENABLE 0x80u
#define MSIX_MASK_ALL 0x40u
#define PENDING 0x800u		/* after the table */
#define TABLE_SIZE 4096u
#define VECTOR_BYTES (4 * BUS_VECTOR_WORDS)
enum { ADDRESS, ADDRESS_HIGH, MESSAGE, MASKED };	/* words of a vector */

#define APIC_ADDRESS(address) ((address) >> 20 == 0xfeeu)
#define APIC_TO(address) ((address) >> 12 & 0xff)
#define APIC_LOGICAL(address) ((address) >> 2 & 1)
#define DATA_ENTRY 0xc7ffu	/* vector, mode, level: as in a redirection entry */
#define ENTRY_LOGICAL (1u << 11)

int bus_vectors_on(const struct bus_function *function)
{
	return function->msix && (function->config[function->msix + MSIX_CONTROL] & MSIX_ENABLE);
}

static void msix_send(const struct bus_function *function, const uint32_t *vector)
{
	const struct bus_messages *to = &function->bus->messages;
	uint32_t entry = vector[MESSAGE] & DATA_ENTRY;

	if (!APIC_ADDRESS(vector[ADDRESS]) || vector[ADDRESS_HIGH])
		return;
	if (APIC_LOGICAL(vector[ADDRESS]))
		entry |= ENTRY_LOGICAL;
	to->deliver(to->locals, entry, APIC_TO(vector[ADDRESS]));
}

void bus_vectors_changed(struct bus_function *function)
{
	uint8_t control = function->config[function->msix + MSIX_CONTROL];

	if (!bus_vectors_on(function) || control & MSIX_MASK_ALL)
		return;
	for (unsigned i = 0; i < function->vectors; i++) {
		if (!(function->waiting >> i & 1) || function->vector[i][MASKED])
			continue;
		function->waiting &= ~(1u << i);
		msix_send(function, function->vector[i]);
	}
}

void bus_raise_vector(struct bus_function *function, unsigned vector)
{
	if (vector >= function->vectors)
		return;
	function->waiting |= 1u << vector;
	bus_vectors_changed(function);
}

/* Returns the 32-bit word at @offset, or NULL. */
static uint32_t *msix_word(struct bus_function *function, uint64_t offset)
{
	if (offset >= function->vectors * VECTOR_BYTES)
		return NULL;
	return &function->vector[offset / VECTOR_BYTES][offset / 4 % BUS_VECTOR_WORDS];
}

static uint64_t msix_read(void *self, uint64_t offset, unsigned size)
{
	struct bus_function *function = self;
	uint64_t value = 0;

	for (unsigned at = 0; at < size; at += 4) {
		uint32_t *word = msix_word(function, offset + at);

		if (word)
			value |= (uint64_t)*word << 8 * at;
		else if ((offset + at) / 4 == PENDING / 4)
			value |= (uint64_t)function->waiting << 8 * at;
	}
	return value >> 8 * (offset & 3);
}

/* The specification defines aligned accesses of 4 and 8 bytes only. */
static void msix_write(void *self, uint64_t offset, unsigned size, uint64_t value)
{
	struct bus_function *function = self;

	if (size < 4 || offset & (size - 1))
		return;
	for (unsigned at = 0; at < size; at += 4) {
		uint32_t *word = msix_word(function, offset + at);

		if (word)
			*word = value >> 8 * at;
	}
	for (unsigned i = 0; i < function->vectors; i++) {
		function->vector[i][ADDRESS] &= ~3u;
		function->vector[i][MASKED] &= 1;
	}
	bus_vectors_changed(function);
}

void bus_reset_vectors(struct bus_function *function)
{
	for (unsigned i = 0; i < BUS_VECTORS; i++) {
		memset(function->vector[i], 0, sizeof(function->vector[i]));
		function->vector[i][MASKED] = 1;
	}
	function->waiting = 0;
}

int bus_add_vectors(struct bus_function *function, unsigned number, unsigned vectors)
{
	const struct { uint8_t id, next; uint16_t control; uint32_t table, pending; }
		capability = { MSIX_ID, 0, vectors - 1, number, PENDING | number };
	const struct bus_bar bar = { function, msix_read, msix_write, TABLE_SIZE, 0 };

	if (!vectors || vectors > BUS_VECTORS || bus_add_bar(function, number, &bar))
		return -1;
	function->msix = bus_add_capability(function, &capability, sizeof(capability));
	if (!function->msix)
		return -1;
	function->vectors = vectors;
	function->writable[function->msix + MSIX_CONTROL] = MSIX_ENABLE | MSIX_MASK_ALL;
	return 0;
}
