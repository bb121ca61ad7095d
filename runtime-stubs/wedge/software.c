/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * Software interrupts: INT n, INT3, INTO. Which one it was, and how long, is read in
 * the guest's code: what a hypervisor says of it is made from the processor's error
 * code, in which some emulators have twice the vector (128 for INT 64), and from a
 * length of two bytes. SDM volume 2, INT n.
 */
#include "wedge.h"
#include "insns.h"

#define OPCODE_INT3 0xcc
#define OPCODE_INTO 0xce
#define INT_LEN 2u
#define ERROR_EXTERNAL 1u
#define ERROR_IDT 2u

/* The INT n at cpu->rip: its length, with the vector; 0: there is none. */
static unsigned software_look(struct cpu *cpu, unsigned *vector)
{
	uint8_t bytes[INSN_MAX];
	size_t size = cpu_fetch(cpu, bytes);
	struct insn insn;

	if (!insn_decode(&insn, bytes, size, 1) || insn.op != PREVIRT_OP_int)
		return 0;
	*vector = insn.imm;
	return insn.len;
}

/* The one that has led behind itself as @vector. INT3 and INTO are a byte.
   LIMIT: prefixes that the hypervisor has passed over (INT 3, 4, 80h) are not seen: a
   refusal's rip is behind them. */
static unsigned software_ended(struct cpu *cpu, unsigned *vector)
{
	uint64_t end = cpu->rip;
	uint8_t last;
	struct cpu_fault ignored;
	unsigned length;

	if ((*vector == VECTOR_BP || *vector == VECTOR_OF) &&
	    !cpu_read(cpu, end - 1, &last, 1, &ignored) &&
	    last == (*vector == VECTOR_BP ? OPCODE_INT3 : OPCODE_INTO))
		return 1;
	cpu->rip = end - INT_LEN;
	length = software_look(cpu, vector);
	cpu->rip = length ? cpu->rip + length : end;
	return length ? length : INT_LEN;
}

void software_interrupt(struct cpu *cpu, unsigned vector)
{
	unsigned length = software_ended(cpu, &vector);

	wedge_deliver(&(struct cpu_fault){ .vector = vector }, length);
}

int software_refused(struct cpu *cpu, uint32_t error)
{
	unsigned vector, length;

	if ((error & (ERROR_IDT | ERROR_EXTERNAL)) != ERROR_IDT)
		return 0;
	length = software_look(cpu, &vector);
	if (!length)
		return 0;
	cpu->rip += length;
	cpu->rflags &= ~(uint64_t)FLAG_RF;
	wedge_deliver(&(struct cpu_fault){ .vector = vector }, length);
	return 1;
}
