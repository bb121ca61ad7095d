/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
#include "breakpoints.h"
#include "../mmu/maps/maps.h"
#include "../mmu/mmu.h"

#define PAGE 4096u
#define GUARD_READ 1u
#define GUARD_WRITE 2u
#define GUARD_EXECUTE 4u
#define OPCODE_PUSHF 0x9cu
#define OPCODE_POPF 0x9du
#define OPCODE_IRET 0xcfu

/* Returns the accesses that must fault in the @size bytes (a power of two, aligned) at @va. */
static unsigned breakpoints_guard(const struct cpu *cpu, uint64_t va, uint64_t size)
{
	static const uint8_t guards[] = {
		[BREAKPOINT_EXECUTE] = GUARD_EXECUTE, [BREAKPOINT_WRITE] = GUARD_WRITE,
		[BREAKPOINT_ACCESS] = GUARD_READ | GUARD_WRITE,
	};
	unsigned guard = 0, kind;
	uint64_t at;

	if (!(cpu->dr[7] & DR7_ENABLED))
		return 0;
	for (unsigned i = 0; i < 4; i++)
		if (cpu_breakpoint(cpu, i, &kind, &at) && !((at ^ va) & -size))
			guard |= guards[kind];
	return guard;
}

void breakpoints_limit(const struct breakpoints_step *step, const struct cpu *cpu, uint64_t va,
		       struct maps_walk *walk)
{
	unsigned guard = step->on ? 0 : breakpoints_guard(cpu, va, PAGE);

	if (cpu->dr[7] & DR7_ENABLED)
		walk->changed = ~0ull;		/* of rights that tables do not tell of */
	walk->single = !!breakpoints_guard(cpu, va, MAPS_AROUND * PAGE);
	if (guard & GUARD_READ)
		walk->leaf = NULL;
	if (guard & GUARD_WRITE)
		walk->rights &= ~(uint64_t)PTE_W;
	if (guard & GUARD_EXECUTE)
		walk->rights |= PTE_NX;
}

/* Breakpoints on execution at @va. */
static unsigned breakpoints_at(const struct cpu *cpu, uint64_t va)
{
	unsigned met = 0, kind;
	uint64_t at;

	for (unsigned i = 0; i < 4; i++)
		if (cpu_breakpoint(cpu, i, &kind, &at) && kind == BREAKPOINT_EXECUTE && at == va)
			met |= 1u << i;
	return met;
}

/* Returns the present bytes at breakpoint @i, one on writes; 0 if they cannot be read. */
static uint64_t breakpoints_value(const struct cpu *cpu, unsigned i)
{
	uint64_t value = 0, at, address;
	unsigned kind, length = cpu_breakpoint(cpu, i, &kind, &at);
	uint32_t error;

	if (length && (kind & BREAKPOINT_WRITE))
		mmu_access(at, &value, length, 0, 1, &address, &error);
	return value;
}

static void breakpoints_begin(struct breakpoints_step *step, struct cpu *cpu)
{
	uint8_t bytes[INSN_MAX] = { 0 };
	size_t n = cpu_fetch(cpu, bytes), i = 0;

	while (i + 1 < n && (bytes[i] == 0x66 || (bytes[i] & 0xf0) == 0x40))
		i++;
	*step = (struct breakpoints_step){ .on = 1, .trap = !!(cpu->rflags & FLAG_TF), .opcode = bytes[i] };
	cpu->watched = 0;
	for (i = 0; i < 4; i++)
		step->before[i] = breakpoints_value(cpu, i);
}

uint64_t breakpoints_fault(struct breakpoints_step *step, struct cpu *cpu, uint64_t va,
			   uint32_t access)
{
	unsigned needs = access & PF_I ? GUARD_EXECUTE : access & PF_W ? GUARD_WRITE : GUARD_READ;
	unsigned met;

	if (!(breakpoints_guard(cpu, va, PAGE) & needs))
		return 0;
	met = needs == GUARD_EXECUTE && !step->on && !step->resumes ? breakpoints_at(cpu, cpu->rip) : 0;
	if (met) {
		cpu->rflags |= FLAG_RF;
		return met;
	}
	if (!step->on)
		breakpoints_begin(step, cpu);
	if (needs != GUARD_EXECUTE)
		cpu_watch(cpu, va, 1, !!(access & PF_W));
	cpu->rflags |= FLAG_TF;
	return 0;
}

/* PUSHF has stored the step's trap flag: replaces it by user mode's. */
static void breakpoints_mend_stored(struct cpu *cpu)
{
	uint64_t address;
	uint16_t low;
	uint32_t error;

	if (mmu_access(cpu->r[RSP], &low, sizeof(low), 0, 1, &address, &error))
		return;
	low &= ~FLAG_TF;
	mmu_access(cpu->r[RSP], &low, sizeof(low), 1, 1, &address, &error);
}

uint64_t breakpoints_end(struct breakpoints_step *step, struct cpu *cpu, int done)
{
	int loads = done && (step->opcode == OPCODE_POPF || step->opcode == OPCODE_IRET);
	uint64_t met;

	step->on = 0;
	if (!step->trap && done && step->opcode == OPCODE_PUSHF)
		breakpoints_mend_stored(cpu);
	if (!step->trap && !loads)
		cpu->rflags &= ~(uint64_t)FLAG_TF;
	if (!done)
		return 0;
	for (unsigned i = 0; i < 4; i++)
		if (step->before[i] != breakpoints_value(cpu, i))
			cpu->watched |= 1u << i;
	met = cpu->watched | (step->trap ? DR6_BS : 0);
	cpu->watched = 0;
	return met;
}
