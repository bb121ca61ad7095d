/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * Software interrupts: INT n, INT3, INTO. The vector and length are read from the guest's
 * code. The hypervisor's vector comes from the processor's error code, which some emulators
 * fill in wrongly (128 for INT 64), and its length is always 2. SDM volume 2, INT n.
 */
#include "wedge.h"
#include "insns.h"

#define OPCODE_INT3 0xcc
#define OPCODE_INTO 0xce
#define INT_LEN 2u
#define ERROR_EXTERNAL 1u
#define ERROR_IDT 2u

/* Returns the length of the INT n at cpu->rip, and its vector; 0 if there is none. */
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

/* Returns the length of the software interrupt that ends at cpu->rip and was reported as
   *@vector; corrects *@vector. INT3 and INTO have one byte each. LIMIT: prefixes before INT 3, 4
   and 80h are not seen, so the rip of a fault of the INT is after them. */
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
