/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/* Emulation of the guest's accesses to device memory. */
#include "device.h"
#include "../iface/memory.h"
#include "../board/board.h"
#include "../mmu/mmu.h"
#include <string.h>

/* POP of a register (58 to 5F) from a stack that is not mapped memory: Linux returns to a
   16-bit stack with such a stack pointer (espfix). */
static enum cpu_result device_pop(struct cpu *cpu, const uint8_t *bytes, size_t size,
				  struct cpu_fault *fault)
{
	unsigned rex = size && (bytes[0] & 0xf0) == 0x40;
	struct device_operand stack;
	enum cpu_result result;
	uint64_t value;

	if (!cpu_code_is_64(cpu) || size < rex + 1 || (bytes[rex] & 0xf8) != 0x58)
		return CPU_UNKNOWN;
	result = device_find(cpu, &stack, cpu->r[RSP], 8, 0, fault);
	if (result != CPU_NEXT || !device_is(&stack))
		return result == CPU_NEXT ? CPU_UNKNOWN : result;
	value = device_get(&stack);
	cpu->r[RSP] += 8;
	cpu->r[(bytes[rex] & 7) | (rex && bytes[0] & 1 ? 8 : 0)] = value;
	cpu->rip += rex + 1;
	cpu->rflags &= ~(uint64_t)FLAG_RF;
	return CPU_NEXT;
}

static enum cpu_result device_carry_out(struct cpu *cpu, struct cpu_fault *fault)
{
	struct insn_operation o;
	enum cpu_result result;
	uint8_t bytes[INSN_MAX];
	size_t size = cpu_fetch(cpu, bytes);

	result = device_pop(cpu, bytes, size, fault);
	if (result != CPU_UNKNOWN)
		return result;
	if (!insn_decode_operation(&o, bytes, size, cpu_code_is_64(cpu)))
		return CPU_UNKNOWN;
	if (o.insn.segment >= INSN_FS && o.insn.segment != INSN_NO_SEG)
		cpu_note_user_bases(cpu);
	if (o.what < OPERATION_STRING)
		result = device_operate(cpu, &o, cpu->rip + o.insn.len, fault);
	else if (o.what < OPERATION_VECTOR)
		result = device_string(cpu, &o, fault);
	else
		result = device_vector(cpu, &o, cpu->rip + o.insn.len, fault);
	if (result == CPU_NEXT) {
		cpu->rip += o.insn.len;
		cpu->rflags &= ~(uint64_t)FLAG_RF;
	}
	return result == CPU_JUMPED ? CPU_NEXT : result;
}

enum cpu_result cpu_emulate_device(struct cpu *cpu, struct cpu_fault *fault)
{
	enum cpu_result result = device_carry_out(cpu, fault);
	struct mmu_walk walk;
	uint32_t error;

	/* device_find looks for what is carried out. */
	if (result == CPU_UNKNOWN && !mmu_look(fault->address, &walk, &error) &&
	    !device_can_be(cpu, walk.gpa))
		return device_is_beyond(fault, fault->address);
	return result;
}
