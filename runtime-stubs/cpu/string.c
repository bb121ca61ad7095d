/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * MOVS, CMPS, STOS, LODS, SCAS on device memory, element by element. After each element rcx,
 * rsi and rdi are updated, and rip stays at the instruction until its end, so that a fault
 * or an interrupt may come between two elements (SDM volume 2, REP).
 */
#include "device.h"
#include "../mmu/mmu.h"

#define STRING_AT_ONCE 256	/* elements, before events are looked for */

/* Which instructions use rsi, which rdi. */
#define HAS_SOURCE(what) ((what) <= OPERATION_CMPS || (what) == OPERATION_LODS)
#define HAS_TARGET(what) ((what) != OPERATION_LODS)
#define IS_STORE(what) ((what) == OPERATION_MOVS || (what) == OPERATION_STOS)
#define IS_COMPARISON(what) ((what) == OPERATION_CMPS || (what) == OPERATION_SCAS)

/* Finds the operand at rsi or rdi; only that at rsi takes a segment prefix. */
static enum cpu_result string_find(struct cpu *cpu, const struct insn_operation *o, unsigned reg,
				   uint32_t access, struct device_operand *operand,
				   struct cpu_fault *fault)
{
	struct insn at = { .base = reg, .index = INSN_NO_REG, .asize = o->insn.asize,
			   .segment = reg == RSI ? o->insn.segment : INSN_NO_SEG };

	return device_find(cpu, operand, cpu_operand_address(cpu, &at, 0), o->size, access, fault);
}

static void string_step(struct cpu *cpu, const struct insn_operation *o, unsigned reg)
{
	uint64_t size = o->size;

	cpu_set_register(cpu, reg, cpu->r[reg] + (cpu->rflags & FLAG_DF ? -size : size),
			 o->insn.asize);
}

/* Carries out one element. *@flags: the flags after it. CPU_UNKNOWN: it does not access device
   memory. */
static enum cpu_result string_element(struct cpu *cpu, const struct insn_operation *o,
				      uint64_t *flags, struct cpu_fault *fault)
{
	struct device_operand source = { .parts = 0 }, target = { .parts = 0 };
	enum cpu_result result = CPU_NEXT;
	uint64_t value = cpu->r[RAX];

	if (HAS_SOURCE(o->what))
		result = string_find(cpu, o, RSI, 0, &source, fault);
	if (result == CPU_NEXT && HAS_TARGET(o->what))
		result = string_find(cpu, o, RDI, IS_STORE(o->what) ? PF_W : 0, &target, fault);
	if (result != CPU_NEXT)
		return result;
	if (!device_is(&source) && !device_is(&target))
		return CPU_UNKNOWN;
	if (HAS_SOURCE(o->what))
		value = device_get(&source);
	if (IS_STORE(o->what))
		device_put(&target, value);
	else if (IS_COMPARISON(o->what))
		cpu_operate(OPERATION_CMP, o->size, value, device_get(&target), 0, flags);
	else
		cpu_set_register(cpu, RAX, value, o->size);
	if (HAS_SOURCE(o->what))
		string_step(cpu, o, RSI);
	if (HAS_TARGET(o->what))
		string_step(cpu, o, RDI);
	return CPU_NEXT;
}

static uint64_t string_count(const struct cpu *cpu, const struct insn_operation *o)
{
	return o->insn.asize == 4 ? (uint32_t)cpu->r[RCX] : cpu->r[RCX];
}

/* Returns 1 if another element follows one that has set @flags. F2 is REPNE. */
static int string_goes_on(const struct cpu *cpu, const struct insn_operation *o, uint64_t flags)
{
	return string_count(cpu, o) &&
	       (!IS_COMPARISON(o->what) || !(flags & FLAG_ZF) == (o->insn.rep == 0xf2));
}

/* cpu->rflags changes at the end of the instruction only: after a fault between elements they are
   those before the instruction. */
enum cpu_result device_string(struct cpu *cpu, const struct insn_operation *o,
			      struct cpu_fault *fault)
{
	uint64_t flags = cpu->rflags;
	enum cpu_result result;

	if (o->insn.rep && !string_count(cpu, o))
		return CPU_NEXT;
	for (unsigned done = 0; done < STRING_AT_ONCE; done++) {
		result = string_element(cpu, o, &flags, fault);
		if (result == CPU_UNKNOWN && done)
			return CPU_JUMPED;
		if (result != CPU_NEXT)
			return result;
		if (o->insn.rep)
			cpu_set_register(cpu, RCX, cpu->r[RCX] - 1, o->insn.asize);
		if (!o->insn.rep || !string_goes_on(cpu, o, flags)) {
			cpu->rflags = flags;
			return CPU_NEXT;
		}
		if (flags & FLAG_TF) {
			cpu->rflags = flags;
			return CPU_JUMPED;
		}
	}
	return CPU_JUMPED;
}
