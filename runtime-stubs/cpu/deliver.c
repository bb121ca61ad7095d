/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * Exceptions and interrupts, delivered through the guest's IDT as a 64-bit
 * processor does it. Intel SDM volume 3, 6.12 and 6.14.
 */
#include "cpu.h"
#include "../iface/vcpu.h"
#include "../mmu/mmu.h"

#define GATE_INTERRUPT 14
#define GATE_TRAP 15
#define TSS_RSP0 4
#define TSS_IST1 36
#define ERROR_EXTERNAL 1u	/* no INT of the program's was it */
#define ERROR_IDT 2u		/* the rest is a vector */

struct gate {
	uint16_t offset_low, selector;
	uint8_t ist, type;
	uint16_t offset_middle;
	uint32_t offset_high, reserved;
};

static int deliver_find_stack(struct cpu *cpu, unsigned ist, int from_user, uint64_t *rsp,
			      struct cpu_fault *why)
{
	uint64_t slot;

	if (ist)
		slot = TSS_IST1 + 8 * (ist - 1);
	else if (from_user)
		slot = TSS_RSP0;
	else {
		*rsp = cpu->r[RSP] & ~15ull;
		return 0;
	}
	if (slot + 7 > cpu->tr_limit) {
		cpu_raise(why, VECTOR_TS, cpu->tr & ~3u);
		return -1;
	}
	if (cpu_read(cpu, cpu->tr_base + slot, rsp, 8, why))
		return -1;
	*rsp &= ~15ull;
	return 0;
}

/* Fills in @why, a fault met by the delivery of vector @about (SDM volume 3, 6.13). Returns -1. */
static int deliver_refuse(struct cpu_fault *why, int vector, unsigned about, int software)
{
	cpu_raise(why, vector, about * 8 + ERROR_IDT + (software ? 0 : ERROR_EXTERNAL));
	return -1;
}

/* SDM volume 2, INT n: limit and type, then privilege, then presence. */
static int deliver_gate(struct cpu *cpu, const struct cpu_fault *fault, int software,
			int needs_dpl3, struct gate *gate, struct cpu_fault *why)
{
	unsigned at = fault->vector * sizeof(*gate);

	if (at + sizeof(*gate) - 1 > cpu->idt.limit)
		return deliver_refuse(why, VECTOR_GP, fault->vector, software);
	if (cpu_read(cpu, cpu->idt.base + at, gate, sizeof(*gate), why))
		return -1;
	if (((gate->type & 0x1f) != GATE_INTERRUPT && (gate->type & 0x1f) != GATE_TRAP) ||
	    (needs_dpl3 && (gate->type >> 5 & 3) < 3))
		return deliver_refuse(why, VECTOR_GP, fault->vector, software);
	if (!(gate->type & 0x80))
		return deliver_refuse(why, VECTOR_NP, fault->vector, software);
	return 0;
}

static uint64_t deliver_offset(const struct gate *gate)
{
	return gate->offset_low | (uint64_t)gate->offset_middle << 16 | (uint64_t)gate->offset_high << 32;
}

/* The frame is on the stack, from @rsp on. */
static void deliver_to_gate(struct cpu *cpu, const struct gate *gate, uint64_t rsp)
{
	cpu->r[RSP] = rsp;
	cpu->rip = deliver_offset(gate);
	cpu->seg[SEG_CS] = gate->selector & ~3u;
	if (cpu->user)
		cpu->seg[SEG_SS] = 0;
	cpu->user = 0;
	cpu->rflags &= ~(uint64_t)(FLAG_TF | FLAG_NT | FLAG_RF);
	if ((gate->type & 0x1f) == GATE_INTERRUPT)
		cpu->rflags &= ~(uint64_t)FLAG_IF;
}

/* One attempt. Returns -1, with @why filled in, if the gate, the stack or a push faults. */
static int deliver_try(struct cpu *cpu, const struct cpu_fault *fault, int software,
		       struct cpu_fault *why)
{
	struct gate gate;
	uint64_t frame[6], rsp;
	unsigned words = fault->has_error ? 6 : 5, n = 0;
	uint8_t was_user = cpu->user;

	cpu->user = 0;		/* tables are read with the kernel's rights */
	if (deliver_gate(cpu, fault, software, software && was_user, &gate, why))
		goto fail;
	if (!cpu_is_canonical(deliver_offset(&gate))) {
		cpu_raise(why, VECTOR_GP, software ? 0 : ERROR_EXTERNAL);
		goto fail;
	}
	if (fault->has_error)
		frame[n++] = fault->error;
	frame[n++] = cpu->rip;
	frame[n++] = cpu->seg[SEG_CS];
	frame[n++] = cpu->rflags;
	frame[n++] = cpu->r[RSP];
	frame[n++] = cpu->seg[SEG_SS];
	if (deliver_find_stack(cpu, gate.ist & 7, was_user, &rsp, why))
		goto fail;
	rsp -= words * 8;
	if (cpu_write(cpu, rsp, frame, words * 8, why))
		goto fail;
	cpu->user = was_user;
	deliver_to_gate(cpu, &gate, rsp);
	return 0;
fail:
	cpu->user = was_user;
	return -1;
}

static int deliver_contributes(unsigned vector)
{
	return vector == VECTOR_DE || (vector >= VECTOR_TS && vector <= VECTOR_GP);
}

/* SDM volume 3, table 6-5. @software: INT n is benign, whatever its number. */
static int deliver_is_double(unsigned first, int software, unsigned second)
{
	if (software)
		return 0;
	if (first == VECTOR_PF)
		return second == VECTOR_PF || deliver_contributes(second);
	return deliver_contributes(first) && deliver_contributes(second);
}

int cpu_deliver(struct cpu *cpu, const struct cpu_fault *fault, int software)
{
	struct cpu_fault now = *fault, why;

	for (;;) {
		if (now.vector == VECTOR_PF && !software)
			cpu->cr2 = now.address;
		if (!deliver_try(cpu, &now, software, &why))
			return 0;
		if (now.vector == VECTOR_DF && !software)
			return -1;
		if (deliver_is_double(now.vector, software, why.vector))
			cpu_raise(&why, VECTOR_DF, 0);
		cpu->rip -= software;
		software = 0;
		now = why;
	}
}

#define GATE_FAST (0x80 | GATE_INTERRUPT)	/* present, privilege 0 */

void cpu_tables_changed(struct cpu *cpu)
{
	cpu->derived.tables.known = soft_tlb_vcpu.changes;
}

static int deliver_find_tables(struct cpu *cpu)
{
	size_t size = (VECTOR_PF + 1) * sizeof(struct gate);

	if (cpu->idt.limit < size - 1 || cpu->tr_limit < TSS_RSP0 + 7)
		return -1;
	cpu->derived.tables.gates = soft_tlb_find(cpu->idt.base, size, 0);
	cpu->derived.tables.stack = soft_tlb_find(cpu->tr_base + TSS_RSP0, 8, 0);
	if (!cpu->derived.tables.gates || !cpu->derived.tables.stack)
		return -1;
	cpu->derived.tables.known = soft_tlb_vcpu.changes + 1;
	return 0;
}

int cpu_deliver_user_fault(struct cpu *cpu, uint64_t address, const uint64_t *frame)
{
	const struct gate *gate;
	uint64_t to, rip, *words;

	if (cpu->derived.tables.known != soft_tlb_vcpu.changes + 1 && deliver_find_tables(cpu))
		return -1;
	gate = (const struct gate *)cpu->derived.tables.gates + VECTOR_PF;
	to = (*cpu->derived.tables.stack & ~15ull) - 6 * 8;
	words = soft_tlb_find(to, 6 * 8, 1);
	rip = deliver_offset(gate);	/* once: the guest's memory */
	if (!words || gate->type != GATE_FAST || gate->ist & 7 || !cpu_is_canonical(rip))
		return -1;
	words[0] = frame[0];
	words[1] = frame[1];
	words[2] = frame[2];
	words[3] = frame[3];
	words[4] = frame[4];
	words[5] = frame[5];
	cpu->cr2 = address;
	cpu->r[RSP] = to;
	cpu->rip = rip;
	cpu->seg[SEG_CS] = gate->selector & ~3u;
	cpu->seg[SEG_SS] = 0;
	cpu->user = 0;
	return 0;
}

/* With the translations that derived.tables has. Returns -1 if it lacks one; nothing is done then. */
static int deliver_fast(struct cpu *cpu, uint8_t vector)
{
	unsigned at = vector * sizeof(struct gate);
	const struct gate *gate = soft_tlb_find(cpu->idt.base + at, sizeof(*gate), 0);
	uint64_t to = cpu->r[RSP], *words;

	if (!gate || at + sizeof(*gate) - 1 > cpu->idt.limit || gate->type != GATE_FAST ||
	    gate->ist & 7 || !cpu_is_canonical(deliver_offset(gate)))
		return -1;
	if (cpu->user) {
		const uint64_t *stack = soft_tlb_find(cpu->tr_base + TSS_RSP0, 8, 0);

		if (!stack || cpu->tr_limit < TSS_RSP0 + 7)
			return -1;
		to = *stack;
	}
	to = (to & ~15ull) - 5 * 8;
	words = soft_tlb_find(to, 5 * 8, 1);
	if (!words)
		return -1;
	words[0] = cpu->rip;
	words[1] = cpu->seg[SEG_CS];
	words[2] = cpu->rflags;
	words[3] = cpu->r[RSP];
	words[4] = cpu->seg[SEG_SS];
	deliver_to_gate(cpu, gate, to);
	return 0;
}

int cpu_deliver_interrupt(struct cpu *cpu, uint8_t vector)
{
	struct cpu_fault interrupt = { .vector = vector };

	return deliver_fast(cpu, vector) ? cpu_deliver(cpu, &interrupt, 0) : 0;
}
