/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
#include "cpu.h"
#include "insns.h"

/* The second halves of these pairs wait or leave; the caller sees to hlt. */
static enum cpu_result emulate_pair(struct cpu *cpu, const struct insn *insn)
{
	switch (insn->op) {
	case PREVIRT_OP_sti_hlt:
		cpu->rflags |= FLAG_IF;
		return CPU_NEXT;
	}
	return CPU_UNKNOWN;
}

enum cpu_result cpu_emulate(struct cpu *cpu, const struct insn *insn, uint64_t at,
			    uint64_t next, struct cpu_fault *fault)
{
	enum cpu_result result = cpu_emulate_flags(cpu, insn, next, fault);

	if (result == CPU_UNKNOWN)
		result = cpu_emulate_io(cpu, insn, fault);
	if (result == CPU_UNKNOWN)
		result = cpu_emulate_control(cpu, insn, next, fault);
	if (result == CPU_UNKNOWN)
		result = cpu_emulate_segment(cpu, insn, next, fault);
	if (result == CPU_UNKNOWN)
		result = cpu_emulate_transfer(cpu, insn, next, fault);
	if (result == CPU_UNKNOWN)
		result = emulate_pair(cpu, insn);
	if (result == CPU_NEXT)
		cpu->rip = next;
	else if (result == CPU_FAULT)
		cpu->rip = at;
	return result;
}
