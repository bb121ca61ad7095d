/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * Guest-physical memory that is a device's registers. It is never present in
 * the shadow: each access faults, is decoded (insn/operation.h) and ends
 * here.
 *
 * Must not know: which devices there are.
 */
#ifndef PREVIRT_MMU_DEVICE_H
#define PREVIRT_MMU_DEVICE_H
#include <stdint.h>

struct mmu_device {
	uint64_t gpa, size;	/* whole pages; may lie where memory is, and hides it */
	void *self;		/* handed to the functions */
	/* @size: 1, 2, 4 or 8 bytes at @offset, not beyond the device's end. */
	uint64_t (*read)(void *self, uint64_t offset, unsigned size);
	void (*write)(void *self, uint64_t offset, unsigned size, uint64_t value);
};

/*
 * @device is there from now on; it is kept by reference. Before the guest has
 * mapped the range, or at a flush. -1: too many devices.
 */
int mmu_add_device(const struct mmu_device *device);

/* The device at @gpa, or NULL. */
const struct mmu_device *mmu_device_at(uint64_t gpa);

/* No device's memory lies outside of these. */
extern uint64_t mmu_device_low, mmu_device_high;

/* An access within the device's range. */
uint64_t mmu_device_read(const struct mmu_device *device, uint64_t gpa, unsigned size);
void mmu_device_write(const struct mmu_device *device, uint64_t gpa, unsigned size,
		      uint64_t value);

#endif
