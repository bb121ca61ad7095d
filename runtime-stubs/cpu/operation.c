/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/* Instructions other than string and vector ones on device memory. */
#include "device.h"
#include "../mmu/mmu.h"

static uint64_t operation_register(const struct cpu *cpu, const struct insn_operation *o)
{
	return cpu->r[o->insn.reg] >> (o->high ? 8 : 0);
}

static void operation_set_register(struct cpu *cpu, const struct insn_operation *o, uint64_t value)
{
	uint64_t *reg = &cpu->r[o->insn.reg];
	int extends = o->what == OPERATION_MOVZX || o->what == OPERATION_MOVSX;

	if (o->high)
		*reg = (*reg & ~0xff00ull) | (value & 0xff) << 8;
	else
		cpu_set_register(cpu, o->insn.reg, value, extends ? o->insn.osize : o->size);
}

/* The address of the operand. A bit number in a register (BT and its like) may reach beyond the
   operand at the encoded address. */
static uint64_t operation_address(const struct cpu *cpu, const struct insn_operation *o,
				  uint64_t next)
{
	uint64_t va = cpu_operand_address(cpu, &o->insn, next);
	unsigned unused = 64 - 8 * o->size;
	int64_t bit;

	if (o->what < OPERATION_BT || o->what > OPERATION_BTC || o->immediate)
		return va;
	bit = (int64_t)(cpu->r[o->insn.reg] << unused) >> unused;
	return va + ((bit >> 3) & -(int64_t)o->size);
}

/* CMPXCHG8B, CMPXCHG16B. */
static enum cpu_result operation_pair(struct cpu *cpu, const struct insn_operation *o,
				      uint64_t va, struct cpu_fault *fault)
{
	uint64_t mask = ~0ull >> (64 - 8 * o->size), low, high;
	struct device_operand m[2];
	enum cpu_result result;

	for (unsigned i = 0; i < 2; i++) {
		result = device_find(cpu, &m[i], va + i * o->size, o->size, PF_W, fault);
		if (result != CPU_NEXT)
			return result;
	}
	if (!device_is(&m[0]) && !device_is(&m[1]))
		return CPU_UNKNOWN;
	low = device_get(&m[0]);
	high = device_get(&m[1]);
	if (low == (cpu->r[RAX] & mask) && high == (cpu->r[RDX] & mask)) {
		device_put(&m[0], cpu->r[RBX]);
		device_put(&m[1], cpu->r[RCX]);
		cpu->rflags |= FLAG_ZF;
		return CPU_NEXT;
	}
	/* The operand is written to even if the comparison fails. */
	device_put(&m[0], low);
	device_put(&m[1], high);
	cpu_set_register(cpu, RAX, low, o->size);
	cpu_set_register(cpu, RDX, high, o->size);
	cpu->rflags &= ~(uint64_t)FLAG_ZF;
	return CPU_NEXT;
}

/* PUSH and POP. The address of POP's operand is computed with rsp already incremented. */
static enum cpu_result operation_stack(struct cpu *cpu, const struct insn_operation *o,
				       uint64_t next, struct cpu_fault *fault)
{
	int width = cpu_code_is_64(cpu) ? 8 : 4, push = o->what == OPERATION_PUSH;
	uint64_t before = cpu->r[RSP], at;
	struct device_operand m, stack;
	enum cpu_result result;

	if (!push)
		cpu_set_register(cpu, RSP, before + o->size, width);
	result = device_find(cpu, &m, cpu_operand_address(cpu, &o->insn, next), o->size,
			     push ? 0 : PF_W, fault);
	at = push ? before - o->size : before;
	if (result == CPU_NEXT)
		result = device_find(cpu, &stack, width == 4 ? (uint32_t)at : at, o->size,
				     push ? PF_W : 0, fault);
	if (result == CPU_NEXT && !device_is(&m) && !device_is(&stack))
		result = CPU_UNKNOWN;
	if (result != CPU_NEXT) {
		cpu->r[RSP] = before;
		return result;
	}
	if (push) {
		device_put(&stack, device_get(&m));
		cpu_set_register(cpu, RSP, at, width);
	} else {
		device_put(&m, device_get(&stack));
	}
	return CPU_NEXT;
}

/* Computes the operation on @memory and the register. Returns the value of the destination.
   *@other: the new value of the register, if that is not the destination. */
static uint64_t operation_result(struct cpu *cpu, const struct insn_operation *o, uint64_t memory,
				 uint64_t *other)
{
	uint64_t value = o->immediate ? o->insn.imm : *other, equal = cpu->rflags;
	uint8_t count = o->by_cl ? cpu->r[RCX] : o->insn.imm;
	unsigned unused = 64 - 8 * o->size;

	switch (o->what) {
	case OPERATION_MOV:
		return o->to_register ? memory : value;
	case OPERATION_MOVZX:
		return memory;
	case OPERATION_MOVSX:
		return (int64_t)(memory << unused) >> unused;
	case OPERATION_CMOV:
		return cpu_condition(o->insn.opcode, cpu->rflags) ? memory : value;
	case OPERATION_SET:
		return cpu_condition(o->insn.opcode, cpu->rflags);
	case OPERATION_XCHG:
		*other = memory;
		return value;
	case OPERATION_XADD:
		*other = memory;
		return cpu_operate(OPERATION_ADD, o->size, memory, value, 0, &cpu->rflags);
	case OPERATION_CMPXCHG:
		cpu_operate(OPERATION_CMP, o->size, cpu->r[RAX], memory, 0, &equal);
		cpu->rflags = equal;
		if (equal & FLAG_ZF)
			return value;
		cpu_set_register(cpu, RAX, memory, o->size);
		return memory;
	}
	if (o->to_register && !o->immediate)
		return cpu_operate(o->what, o->size, value, memory, count, &cpu->rflags);
	return cpu_operate(o->what, o->size, memory, value, count, &cpu->rflags);
}

enum cpu_result device_operate(struct cpu *cpu, const struct insn_operation *o, uint64_t next,
			       struct cpu_fault *fault)
{
	uint64_t reg, value, va = operation_address(cpu, o, next);
	struct device_operand memory;
	enum cpu_result result;

	if (o->what == OPERATION_PUSH || o->what == OPERATION_POP)
		return operation_stack(cpu, o, next, fault);
	if (o->what == OPERATION_CMPXCHG_PAIR)
		return operation_pair(cpu, o, va, fault);
	result = device_find(cpu, &memory, va, o->size, o->store ? PF_W : 0, fault);
	if (result != CPU_NEXT)
		return result;
	if (!device_is(&memory))
		return CPU_UNKNOWN;
	reg = operation_register(cpu, o);
	value = operation_result(cpu, o, o->load ? device_get(&memory) : 0, &reg);
	if (o->store)
		device_put(&memory, value);
	if (o->to_register && o->what != OPERATION_CMP)
		operation_set_register(cpu, o, value);
	else if (o->what == OPERATION_XCHG || o->what == OPERATION_XADD)
		operation_set_register(cpu, o, reg);
	return CPU_NEXT;
}

enum cpu_result cpu_access_device(struct cpu *cpu, const struct insn_operation *o, uint64_t next,
				  struct cpu_fault *fault)
{
	enum cpu_result result = device_operate(cpu, o, next, fault);
	uint64_t va = operation_address(cpu, o, next), value = 0;

	if (result != CPU_UNKNOWN)
		return result;
	if (o->store) {
		value = o->immediate ? o->insn.imm : operation_register(cpu, o);
		return cpu_write(cpu, va, &value, o->size, fault) ? CPU_FAULT : CPU_NEXT;
	}
	if (cpu_read(cpu, va, &value, o->size, fault))
		return CPU_FAULT;
	operation_set_register(cpu, o, operation_result(cpu, o, value, &value));
	return CPU_NEXT;
}
