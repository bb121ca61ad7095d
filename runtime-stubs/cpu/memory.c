/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/* Operands of instructions: registers, and memory through the guest's tables. */
#include "cpu.h"
#include "../mmu/mmu.h"

#define PAGE 4096u

uint64_t *cpu_gs_base(struct cpu *cpu, int other)
{
	return &cpu->gs_base[(cpu->gs_swapped ? 1 : 0) ^ other];
}

uint64_t cpu_operand_address(const struct cpu *cpu, const struct insn *insn, uint64_t next)
{
	uint64_t va = (int64_t)insn->disp;

	if (insn->base == INSN_RIP)
		va += next;
	else if (insn->base != INSN_NO_REG)
		va += cpu->r[insn->base];
	if (insn->index != INSN_NO_REG)
		va += cpu->r[insn->index] * insn->scale;
	if (insn->asize == 4)
		va = (uint32_t)va;
	if (insn->segment == INSN_FS)
		va += cpu->fs_base;
	else if (insn->segment == INSN_GS)
		va += cpu->gs_base[cpu->gs_swapped ? 1 : 0];
	return va;
}

unsigned cpu_breakpoint(const struct cpu *cpu, unsigned i, unsigned *kind, uint64_t *at)
{
	static const uint8_t lengths[] = { 1, 2, 8, 4 };
	unsigned length = lengths[cpu->dr[7] >> (18 + 4 * i) & 3];

	*kind = cpu->dr[7] >> (16 + 4 * i) & 3;
	*at = *kind == BREAKPOINT_EXECUTE ? cpu->dr[i] : cpu->dr[i] & ~(uint64_t)(length - 1);
	return cpu->dr[7] >> 2 * i & 3 ? length : 0;
}

void cpu_watch(struct cpu *cpu, uint64_t va, size_t size, int write)
{
	for (unsigned i = 0; i < 4; i++) {
		unsigned kind, length;
		uint64_t at;

		length = cpu_breakpoint(cpu, i, &kind, &at);
		if (length && (kind == BREAKPOINT_ACCESS || (kind == BREAKPOINT_WRITE && write)) &&
		    at < va + size && va < at + length)
			cpu->watched |= 1u << i;
	}
}

static int cpu_access(struct cpu *cpu, uint64_t va, void *buffer, size_t size, int write,
		      struct cpu_fault *fault)
{
	uint32_t error;

	if (!mmu_access(va, buffer, size, write, cpu->user, &fault->address, &error)) {
		if (cpu->dr[7] & DR7_ENABLED)
			cpu_watch(cpu, va, size, write);
		return 0;
	}
	fault->vector = VECTOR_PF;
	fault->has_error = 1;
	fault->error = error;
	return -1;
}

int cpu_read(struct cpu *cpu, uint64_t va, void *to, size_t size, struct cpu_fault *fault)
{
	return cpu_access(cpu, va, to, size, 0, fault);
}

int cpu_write(struct cpu *cpu, uint64_t va, const void *from, size_t size,
	      struct cpu_fault *fault)
{
	return cpu_access(cpu, va, (void *)from, size, 1, fault);
}

int cpu_may_write(struct cpu *cpu, uint64_t va, size_t size, struct cpu_fault *fault)
{
	struct mmu_walk walk;

	while (size) {
		size_t here = PAGE - va % PAGE;

		fault->error = PF_W | (cpu->user ? PF_U : 0);
		if (mmu_translate(va, fault->error, &walk, &fault->error)) {
			fault->vector = VECTOR_PF;
			fault->has_error = 1;
			fault->address = va;
			return -1;
		}
		here = here < size ? here : size;
		va += here;
		size -= here;
	}
	return 0;
}

void cpu_set_register(struct cpu *cpu, unsigned reg, uint64_t value, int size)
{
	switch (size) {
	case 1:
		cpu->r[reg] = (cpu->r[reg] & ~0xffull) | (uint8_t)value;
		break;
	case 2:
		cpu->r[reg] = (cpu->r[reg] & ~0xffffull) | (uint16_t)value;
		break;
	case 4:
		cpu->r[reg] = (uint32_t)value;
		break;
	default:
		cpu->r[reg] = value;
	}
}

enum cpu_result cpu_raise(struct cpu_fault *fault, int vector, uint32_t error)
{
	fault->vector = vector;
	fault->error = error;
	fault->has_error = vector == VECTOR_DF || (vector >= VECTOR_TS && vector <= VECTOR_PF);
	return CPU_FAULT;
}

size_t cpu_fetch(const struct cpu *cpu, uint8_t bytes[INSN_MAX])
{
	size_t here = PAGE - (cpu->rip & (PAGE - 1)), size = INSN_MAX;
	uint64_t address;
	uint32_t error;

	if (here > size)
		here = size;
	if (mmu_access(cpu->rip, bytes, here, 0, cpu->user, &address, &error))
		return 0;
	if (here < size && mmu_access(cpu->rip + here, bytes + here, size - here, 0, cpu->user,
				      &address, &error))
		size = here;
	return size;
}
