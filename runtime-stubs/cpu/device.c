/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/* Accesses of the guest to device memory, carried out for it. */
#include "cpu.h"
#include "../backend/backend.h"
#include "../board/board.h"
#include "../mmu/mmu.h"

/* Where there is neither memory nor a device nobody answers: reads are ones, writes
   are lost. */
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

static uint64_t device_register(const struct cpu *cpu, const struct insn_transfer *t)
{
	return cpu->r[t->insn.reg] >> (t->high ? 8 : 0);
}

static void device_load(struct cpu *cpu, const struct insn_transfer *t, uint64_t value)
{
	unsigned shift = 64 - 8 * t->size;
	int extends = t->size < t->insn.osize && (t->sign || t->insn.opcode >= 0xb6);

	if (t->sign)
		value = (uint64_t)((int64_t)(value << shift) >> shift);
	if (t->high)
		cpu->r[t->insn.reg] = (cpu->r[t->insn.reg] & ~0xff00ull) | (value & 0xff) << 8;
	else
		cpu_set_register(cpu, t->insn.reg, value, extends ? t->insn.osize : t->size);
}

/* Is there an address @gpa at all (SDM volume 2, CPUID 80000008h)? Bits beyond are
   reserved in the guest's tables. */
static int device_can_be(struct cpu *cpu, uint64_t gpa)
{
	uint32_t regs[4];

	cpu_cpuid(cpu, 0x80000008, 0, regs);
	return !(gpa >> (regs[0] & 0xff));
}

/* The fields of one transfer that stands at cpu->rip; 0 if it is none. */
static int device_decode(struct cpu *cpu, struct insn_transfer *t)
{
	uint8_t bytes[INSN_MAX];
	size_t size = cpu_fetch(cpu, bytes);

	return insn_decode_transfer(t, bytes, size);
}

enum cpu_result cpu_emulate_device(struct cpu *cpu, struct cpu_fault *fault)
{
	const struct bus_memory *device;
	struct insn_transfer t;
	struct mmu_walk walk;
	uint64_t va, value, old = 0;

	if (!device_decode(cpu, &t))
		return CPU_UNKNOWN;
	va = cpu_operand_address(cpu, &t.insn, cpu->rip + t.insn.len);
	if (mmu_translate(va, (t.store ? PF_W : 0) | (cpu->user ? PF_U : 0), &walk,
			  &fault->error)) {
		fault->vector = VECTOR_PF;
		fault->has_error = 1;
		fault->address = va;
		return CPU_FAULT;
	}
	device = bus_find_memory(&board_bus, walk.gpa);
	if (!device && !backend_is_memory(walk.gpa) && device_can_be(cpu, walk.gpa))
		device = &device_nothing;
	/* LIMIT: an access across the end of a device's range */
	if (!device || walk.gpa + t.size > device->gpa + device->size)
		return CPU_UNKNOWN;
	value = t.immediate ? t.insn.imm : device_register(cpu, &t);
	if (t.load)
		old = bus_read_memory(device, walk.gpa, t.size);
	if (t.store)
		bus_write_memory(device, walk.gpa, t.size, value);
	if (t.load)
		device_load(cpu, &t, old);
	cpu->rip += t.insn.len;
	return CPU_NEXT;
}
