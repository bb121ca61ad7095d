/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
#include "device.h"
#include <stddef.h>

#define DEVICES 8

static const struct mmu_device *devices[DEVICES];
static unsigned device_count;
uint64_t mmu_device_low = ~(uint64_t)0, mmu_device_high;

int mmu_add_device(const struct mmu_device *device)
{
	if (device_count == DEVICES)
		return -1;
	devices[device_count++] = device;
	if (device->gpa < mmu_device_low)
		mmu_device_low = device->gpa;
	if (device->gpa + device->size > mmu_device_high)
		mmu_device_high = device->gpa + device->size;
	return 0;
}

const struct mmu_device *mmu_device_at(uint64_t gpa)
{
	if (gpa < mmu_device_low || gpa >= mmu_device_high)
		return NULL;
	for (unsigned i = 0; i < device_count; i++)
		if (gpa - devices[i]->gpa < devices[i]->size)
			return devices[i];
	return NULL;
}

uint64_t mmu_device_read(const struct mmu_device *device, uint64_t gpa, unsigned size)
{
	uint64_t value = device->read(device->self, gpa - device->gpa, size);

	return size == 8 ? value : value & ((1ull << size * 8) - 1);
}

void mmu_device_write(const struct mmu_device *device, uint64_t gpa, unsigned size,
		      uint64_t value)
{
	device->write(device->self, gpa - device->gpa, size, value);
}
