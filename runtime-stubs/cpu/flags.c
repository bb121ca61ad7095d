/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * The flags register: cli, sti, pushf, popf and the pairs. The stack operand is
 * the guest's; IF and IOPL are the virtual ones.
 */
#include "cpu.h"
#include "insns.h"

static void flags_set(struct cpu *cpu, uint64_t value, int size)
{
	uint64_t mask = FLAGS_WRITABLE & ~(FLAG_RF | FLAG_VM);

	if (size == 2)
		mask &= 0xffff;
	cpu->rflags = (cpu->rflags & ~mask) | (value & mask) | FLAG_FIXED;
	cpu->rflags &= ~(uint64_t)FLAG_RF;
}

static uint64_t flags_get(const struct cpu *cpu)
{
	return cpu->rflags & ~(uint64_t)(FLAG_RF | FLAG_VM);
}

/* Stack operands are 8 bytes unless a 66 prefix makes them 2. */
static int stack_size(const struct insn *insn)
{
	return insn->osize == 2 ? 2 : 8;
}

static enum cpu_result flags_push(struct cpu *cpu, const struct insn *insn,
				  struct cpu_fault *fault)
{
	uint64_t flags = flags_get(cpu);
	int size = stack_size(insn);

	if (cpu_write(cpu, cpu->r[RSP] - size, &flags, size, fault))
		return CPU_FAULT;
	cpu->r[RSP] -= size;
	return CPU_NEXT;
}

static enum cpu_result flags_pop(struct cpu *cpu, const struct insn *insn,
				 struct cpu_fault *fault)
{
	uint64_t flags = 0;
	int size = stack_size(insn);

	if (cpu_read(cpu, cpu->r[RSP], &flags, size, fault))
		return CPU_FAULT;
	cpu->r[RSP] += size;
	flags_set(cpu, flags, size);
	return CPU_NEXT;
}

/*
 * Pairs with a push or pop of the other half. The memory form's address is
 * taken after the first half has moved rsp, as on hardware; a fault leaves rsp
 * as it was before the pair, which then runs again as a whole.
 */
static enum cpu_result flags_push_popf(struct cpu *cpu, const struct insn *insn,
				       uint64_t next, struct cpu_fault *fault)
{
	uint64_t value = cpu->r[insn->rm];

	if (insn->opcode == 0x68 || insn->opcode == 0x6a)
		value = insn->imm;
	else if (insn->is_memory &&
		 cpu_read(cpu, cpu_operand_address(cpu, insn, next), &value, 8, fault))
		return CPU_FAULT;
	cpu_watch(cpu, cpu->r[RSP] - stack_size(insn), stack_size(insn), 1);
	flags_set(cpu, value, stack_size(insn));
	return CPU_NEXT;
}

static enum cpu_result flags_pushf_pop(struct cpu *cpu, const struct insn *insn,
				       uint64_t next, struct cpu_fault *fault)
{
	uint64_t value = flags_get(cpu);

	cpu_watch(cpu, cpu->r[RSP] - stack_size(insn), stack_size(insn), 1);
	if (!insn->is_memory)
		cpu_set_register(cpu, insn->rm, value, stack_size(insn));
	else if (cpu_write(cpu, cpu_operand_address(cpu, insn, next), &value, 8, fault))
		return CPU_FAULT;
	return CPU_NEXT;
}

enum cpu_result cpu_emulate_flags(struct cpu *cpu, const struct insn *insn,
				  uint64_t next, struct cpu_fault *fault)
{
	switch (insn->op) {
	case PREVIRT_OP_cli:
		cpu->rflags &= ~(uint64_t)FLAG_IF;
		return CPU_NEXT;
	case PREVIRT_OP_sti:
		cpu->rflags |= FLAG_IF;
		return CPU_NEXT;
	case PREVIRT_OP_pushf:
		return flags_push(cpu, insn, fault);
	case PREVIRT_OP_popf:
		return flags_pop(cpu, insn, fault);
	case PREVIRT_OP_pushf_pop:
		return flags_pushf_pop(cpu, insn, next, fault);
	case PREVIRT_OP_push_popf:
		return flags_push_popf(cpu, insn, next, fault);
	case PREVIRT_OP_clac:
		cpu->rflags &= ~(uint64_t)FLAG_AC;
		return CPU_NEXT;
	case PREVIRT_OP_stac:
		cpu->rflags |= FLAG_AC;
		return CPU_NEXT;
	}
	return CPU_UNKNOWN;
}
