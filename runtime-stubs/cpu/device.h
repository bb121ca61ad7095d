/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/* Emulation of accesses to device memory: shared by the files that carry them out. */
#ifndef PREVIRT_CPU_DEVICE_H
#define PREVIRT_CPU_DEVICE_H
#include "cpu.h"
#include "../insn/operation.h"

#define FLAG_PF (1u << 2)
#define FLAG_SF (1u << 7)
#define FLAG_OF (1u << 11)
#define FLAGS_ARITHMETIC 0x8d5u

/*
 * Returns the result of operation @what, one below OPERATION_CALCULATED, on operands of @size
 * bytes (1, 2, 4 or 8). Bits above are ignored in the operands and not defined in the result.
 * *@flags: the flags before, and after.
 */
uint64_t cpu_operate(enum insn_what what, unsigned size, uint64_t first, uint64_t second,
		     uint8_t count, uint64_t *flags);
/* Returns 1 if condition @code of Jcc, SETcc, CMOVcc (the opcode's low four bits) holds. */
int cpu_condition(unsigned code, uint64_t flags);

/* The physical place of a memory operand, which may cross into a second page. */
struct device_operand {
	struct device_part {
		const struct bus_memory *device;	/* NULL: memory */
		uint64_t gpa;
		unsigned size;
		uint8_t apart;		/* 1: memory, but the address is the wedge's or hypervisor's */
	} part[2];
	unsigned parts;
};

/*
 * Finds the @size bytes (1 to 8) at @va for an access of @cpu (PF_W in @access: a write),
 * without the access itself. Returns CPU_NEXT, CPU_FAULT, or CPU_UNKNOWN if the physical
 * address is wider than the processor has.
 */
enum cpu_result device_find(struct cpu *cpu, struct device_operand *operand, uint64_t va,
			    unsigned size, uint32_t access, struct cpu_fault *fault);
/* Returns 1 if @gpa fits the physical-address width of CPUID. */
int device_can_be(struct cpu *cpu, uint64_t gpa);
/* Makes @fault a page fault at @va for a reserved bit. Returns CPU_FAULT. */
enum cpu_result device_is_beyond(struct cpu_fault *fault, uint64_t va);
/* Returns 1 if a part of the operand is in device memory, or in memory that cannot be mapped. */
int device_is(const struct device_operand *operand);
/* Read and write the operand; these cannot fail. */
uint64_t device_get(const struct device_operand *operand);
void device_put(const struct device_operand *operand, uint64_t value);

/* Carries out one instruction, which ends at @next. CPU_UNKNOWN: no operand is in device memory. */
enum cpu_result device_operate(struct cpu *cpu, const struct insn_operation *o, uint64_t next,
			       struct cpu_fault *fault);
/* Carries out elements of a string instruction as long as they access device memory. CPU_JUMPED:
   rip stays at the instruction, for elements are left. */
enum cpu_result device_string(struct cpu *cpu, const struct insn_operation *o,
			      struct cpu_fault *fault);
/* Carries out a move of a vector register. */
enum cpu_result device_vector(struct cpu *cpu, const struct insn_operation *o, uint64_t next,
			      struct cpu_fault *fault);

#endif
