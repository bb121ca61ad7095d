/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
#include "driver.h"
#include <string.h>

#define STATUS_BYTE (DATA + 0x100)

uint16_t driver_next;

static void select_config(unsigned slot, unsigned offset)
{
	bus_write_port(&board_vm.bus, 0xcf8, 4, 0x80000000u | slot << 11 | (offset & 0xfc));
}

uint32_t config_get(unsigned slot, unsigned offset, unsigned size)
{
	select_config(slot, offset);
	return bus_read_port(&board_vm.bus, 0xcfc + (offset & 3), size);
}

void config_set(unsigned slot, unsigned offset, unsigned size, uint32_t value)
{
	select_config(slot, offset);
	bus_write_port(&board_vm.bus, 0xcfc + (offset & 3), size, value);
}

uint64_t bar(unsigned slot, unsigned number)
{
	return config_get(slot, 0x10 + 4 * number, 4);
}

uint32_t reg(unsigned slot, unsigned offset, unsigned size)
{
	return load(bar(slot, 0) + offset, size);
}

void set_reg(unsigned slot, unsigned offset, unsigned size, uint32_t value)
{
	store(bar(slot, 0) + offset, size, value);
}

static unsigned selected;
static uint16_t nexts[3];

void driver_select(unsigned queue)
{
	nexts[selected] = driver_next;
	selected = queue;
	driver_next = nexts[queue];
}

/* Of the selected queue. */
static uint8_t *ring(unsigned place)
{
	return backend_guest_memory + place + selected * QUEUE_BYTES;
}

static void set_ring(unsigned slot, unsigned queue, unsigned offset, uint32_t address)
{
	set_reg(slot, offset, 4, address + queue * QUEUE_BYTES);
	set_reg(slot, offset + 4, 4, 0);
}

static void start_queue(unsigned slot, unsigned queue)
{
	set_reg(slot, QUEUE_SELECT, 2, queue);
	set_reg(slot, QUEUE_SIZE, 2, RING_SIZE);
	set_ring(slot, queue, DESCRIPTORS, RING);
	set_ring(slot, queue, AVAILABLE, RING_AVAILABLE);
	set_ring(slot, queue, USED, RING_USED);
	set_reg(slot, QUEUE_ENABLE, 2, 1);
}

void driver_start(unsigned slot, uint32_t features)
{
	unsigned queues;

	for (unsigned queue = 0; queue < 3; queue++)
		memset(backend_guest_memory + RING + queue * QUEUE_BYTES, 0, 0x3000);
	selected = driver_next = nexts[0] = nexts[1] = nexts[2] = 0;
	config_set(slot, 4, 2, 6);
	set_reg(slot, STATUS, 1, 0);
	set_reg(slot, STATUS, 1, ACKNOWLEDGE | DRIVER);
	set_reg(slot, DRIVER_SELECT, 4, 0);
	set_reg(slot, DRIVER_FEATURES, 4, features);
	set_reg(slot, DRIVER_SELECT, 4, 1);
	set_reg(slot, DRIVER_FEATURES, 4, 1);
	set_reg(slot, STATUS, 1, ACKNOWLEDGE | DRIVER | FEATURES_OK);
	queues = reg(slot, QUEUES, 2);	/* all ones where the registers are not */
	for (unsigned queue = sizeof(nexts) / sizeof(*nexts); queue--;)
		if (queue < queues)
			start_queue(slot, queue);
	set_reg(slot, STATUS, 1, ACKNOWLEDGE | DRIVER | FEATURES_OK | DRIVER_OK);
}

void describe(unsigned n, uint64_t address, uint32_t length, unsigned flags, unsigned next)
{
	struct ring_descriptor d = { address, length, flags, next };

	memcpy(ring(RING) + n * sizeof(d), &d, sizeof(d));
}

void offer(unsigned slot, unsigned head)
{
	uint16_t value = head;

	memcpy(ring(RING_AVAILABLE) + 4 + 2 * (driver_next % RING_SIZE), &value, 2);
	driver_next++;
	memcpy(ring(RING_AVAILABLE) + 2, &driver_next, 2);
	set_reg(slot, NOTIFY + 4 * selected, 2, 0);
}

unsigned returned(void)
{
	uint16_t index;

	memcpy(&index, ring(RING_USED) + 2, 2);
	return index;
}

uint32_t returned_bytes(void)
{
	uint32_t bytes;

	memcpy(&bytes, ring(RING_USED) + 4 + 8 * ((returned() - 1) % RING_SIZE) + 4, 4);
	return bytes;
}

int block_request(unsigned slot, unsigned type, uint64_t sector, uint64_t data, uint32_t bytes,
		  int write)
{
	struct { uint32_t type, reserved; uint64_t sector; } header = { type, 0, sector };
	unsigned before = returned();

	memcpy(backend_guest_memory + DATA, &header, sizeof(header));
	backend_guest_memory[STATUS_BYTE] = 0xee;
	describe(0, DATA, sizeof(header), NEXT, bytes ? 1 : 2);
	describe(1, data, bytes, NEXT | (write ? WRITE : 0), 2);
	describe(2, STATUS_BYTE, 1, WRITE, 0);
	offer(slot, 0);
	return returned() == (uint16_t)(before + 1) ? backend_guest_memory[STATUS_BYTE] : -1;
}
