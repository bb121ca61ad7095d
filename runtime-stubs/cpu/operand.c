/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/* Finding, reading and writing operands in device memory. */
#include "device.h"
#include "../iface/memory.h"
#include "../board/board.h"
#include "../mmu/mmu.h"
#include <string.h>

/* An address with neither memory nor a device: reads return all ones, writes are ignored. */
static uint64_t device_read_nothing(void *self, uint64_t offset, unsigned size)
{
	(void)self;
	(void)offset;
	(void)size;
	return ~(uint64_t)0;
}

static void device_write_nothing(void *self, uint64_t offset, unsigned size, uint64_t value)
{
	(void)self;
	(void)offset;
	(void)size;
	(void)value;
}

static const struct bus_memory device_nothing = {
	.size = ~(uint64_t)0, .read = device_read_nothing, .write = device_write_nothing,
};

/* CPUID 80000008h has the width. Bits above it are reserved in the guest's tables. */
int device_can_be(struct cpu *cpu, uint64_t gpa)
{
	uint32_t regs[4];

	cpu_cpuid(cpu, 0x80000008, 0, regs);
	return !(gpa >> (regs[0] & 0xff));
}

enum cpu_result device_is_beyond(struct cpu_fault *fault, uint64_t va)
{
	fault->vector = VECTOR_PF;
	fault->has_error = 1;
	fault->error |= PF_RESERVED;
	fault->address = va;
	return CPU_FAULT;
}

static enum cpu_result device_find_part(struct cpu *cpu, struct device_part *part, uint64_t va,
					unsigned size, uint32_t access, struct cpu_fault *fault)
{
	struct mmu_walk walk;

	if (!cpu_is_canonical(va))
		return cpu_raise(fault, VECTOR_GP, 0);
	if (mmu_translate(va, access | (cpu->user ? PF_U : 0), &walk, &fault->error)) {
		fault->vector = VECTOR_PF;
		fault->has_error = 1;
		fault->address = va;
		return CPU_FAULT;
	}
	part->device = bus_find_memory(&board_vm.bus, walk.gpa);
	part->gpa = walk.gpa;
	part->size = size;
	part->apart = !part->device && backend_is_memory(walk.gpa) &&
		      mmu_is_apart(va);
	if (part->device || backend_is_memory(walk.gpa))
		return CPU_NEXT;
	part->device = &device_nothing;
	return device_can_be(cpu, walk.gpa) ? CPU_NEXT : device_is_beyond(fault, va);
}

enum cpu_result device_find(struct cpu *cpu, struct device_operand *operand, uint64_t va,
			    unsigned size, uint32_t access, struct cpu_fault *fault)
{
	unsigned here = BACKEND_PAGE - va % BACKEND_PAGE;
	enum cpu_result result;

	operand->parts = 1;
	if (size <= here)
		return device_find_part(cpu, &operand->part[0], va, size, access, fault);
	operand->parts = 2;
	result = device_find_part(cpu, &operand->part[0], va, here, access, fault);
	if (result == CPU_NEXT)
		result = device_find_part(cpu, &operand->part[1], va + here, size - here, access,
					  fault);
	return result;
}

int device_is(const struct device_operand *operand)
{
	for (unsigned i = 0; i < operand->parts; i++)
		if (operand->part[i].device || operand->part[i].apart)
			return 1;
	return 0;
}

static uint64_t device_get_part(const struct device_part *part, unsigned at, unsigned size)
{
	uint64_t value = 0;

	if (part->device)
		return bus_read_memory(part->device, part->gpa + at, size);
	memcpy(&value, backend_guest(part->gpa + at), size);
	return value;
}

static void device_put_part(const struct device_part *part, unsigned at, unsigned size,
			    uint64_t value)
{
	if (part->device)
		bus_write_memory(part->device, part->gpa + at, size, value);
	else
		memcpy(backend_guest(part->gpa + at), &value, size);
}

/* An operand that crosses a page is accessed by bytes. */
uint64_t device_get(const struct device_operand *operand)
{
	unsigned shift = 0;
	uint64_t value = 0;

	if (operand->parts == 1)
		return device_get_part(&operand->part[0], 0, operand->part[0].size);
	for (unsigned i = 0; i < 2; i++)
		for (unsigned at = 0; at < operand->part[i].size; at++, shift += 8)
			value |= device_get_part(&operand->part[i], at, 1) << shift;
	return value;
}

void device_put(const struct device_operand *operand, uint64_t value)
{
	if (operand->parts == 1) {
		device_put_part(&operand->part[0], 0, operand->part[0].size, value);
		return;
	}
	for (unsigned i = 0; i < 2; i++)
		for (unsigned at = 0; at < operand->part[i].size; at++, value >>= 8)
			device_put_part(&operand->part[i], at, 1, value);
}
