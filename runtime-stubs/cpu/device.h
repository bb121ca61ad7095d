/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/* Shared by the files that carry out accesses to device memory. */
#ifndef PREVIRT_CPU_DEVICE_H
#define PREVIRT_CPU_DEVICE_H
#include "cpu.h"
#include "../insn/operation.h"

#define FLAG_PF (1u << 2)
#define FLAG_SF (1u << 7)
#define FLAG_OF (1u << 11)
#define FLAGS_ARITHMETIC 0x8d5u

/*
 * An operation of those below OPERATION_CALCULATED on operands of @size bytes (1, 2,
 * 4 or 8; what is above counts neither in them nor in the result), with the flags it
 * finds and leaves.
 */
uint64_t cpu_operate(enum insn_what what, unsigned size, uint64_t first, uint64_t second,
		     uint8_t count, uint64_t *flags);
/* Does the condition of Jcc, SETcc, CMOVcc hold (the opcode's low four bits)? */
int cpu_condition(unsigned code, uint64_t flags);

/* Where an operand lies: in one page, or in two. */
struct device_operand {
	struct device_part {
		const struct bus_memory *device;	/* NULL: memory */
		uint64_t gpa;
		unsigned size;
		uint8_t apart;		/* memory that cannot be mapped there */
	} part[2];
	unsigned parts;
};

/*
 * Find the @size bytes (1 to 8) at @va for an access of @cpu, PF_W in @access: to be
 * written. CPU_NEXT; CPU_FAULT with @fault; CPU_UNKNOWN: no physical address can be
 * that. Nothing is read or written yet.
 */
enum cpu_result device_find(struct cpu *cpu, struct device_operand *operand, uint64_t va,
			    unsigned size, uint32_t access, struct cpu_fault *fault);
/* Is there an address @gpa at all? (operand.c, as what follows) */
int device_can_be(struct cpu *cpu, uint64_t gpa);
/* Makes @fault, of a page fault at @va, that of a reserved bit; returns CPU_FAULT. */
enum cpu_result device_is_beyond(struct cpu_fault *fault, uint64_t va);
/* 1: at least a part of it is no memory, or cannot be mapped. */
int device_is(const struct device_operand *operand);
/* Its value; these cannot fail. */
uint64_t device_get(const struct device_operand *operand);
void device_put(const struct device_operand *operand, uint64_t value);

/* One instruction, whose end is at @next. CPU_UNKNOWN: no operand is on a device. */
enum cpu_result device_operate(struct cpu *cpu, const struct insn_operation *o, uint64_t next,
			       struct cpu_fault *fault);
/* Of a string instruction as many elements as touch a device; CPU_JUMPED: there are
   more of them, rip is to stay. */
enum cpu_result device_string(struct cpu *cpu, const struct insn_operation *o,
			      struct cpu_fault *fault);
/* Moves of vectors. */
enum cpu_result device_vector(struct cpu *cpu, const struct insn_operation *o, uint64_t next,
			      struct cpu_fault *fault);

#endif
