/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * Transfers of control: iret, lret, far jumps, syscall, sysret, int n; swapgs.
 * LIMIT: targets are 64-bit code, or 32-bit code of user mode.
 */
#include "cpu.h"
#include "insns.h"
#include <string.h>

#define STAR_SYSRET(star) ((uint16_t)((star) >> 48))
#define STAR_SYSCALL(star) ((uint16_t)((star) >> 32))
#define SYSCALL_LEN 2u

/* A far return to privilege 0 or 3. Changes nothing if it faults. */
static enum cpu_result transfer_go(struct cpu *cpu, uint64_t rip, uint16_t cs,
				   struct cpu_fault *fault)
{
	if (!(cs & ~3u) || ((cs & 3) != 0 && (cs & 3) != 3))
		return cpu_raise(fault, VECTOR_GP, cs & ~3u);
	if (!cpu_is_canonical(rip))
		return cpu_raise(fault, VECTOR_GP, 0);
	cpu->rip = rip;
	cpu->seg[SEG_CS] = cs;
	cpu->user = (cs & 3) == 3;
	return CPU_JUMPED;
}

/* Reads @count words of @size bytes at @va. */
static int transfer_read(struct cpu *cpu, uint64_t va, int size, uint64_t *words, int count,
			 struct cpu_fault *fault)
{
	for (int i = 0; i < count; i++) {
		words[i] = 0;
		if (cpu_read(cpu, va + i * size, &words[i], size, fault))
			return -1;
	}
	return 0;
}

/* IRET to user mode makes segment registers null whose segments user mode may not use. */
static void transfer_drop_segments(struct cpu *cpu)
{
	static const uint8_t all[] = { SEG_ES, SEG_DS, SEG_FS, SEG_GS };

	for (unsigned i = 0; i < sizeof(all); i++)
		if (!cpu->loaded[all[i]] && !(cpu->stale >> all[i] & 1))
			cpu->seg[all[i]] = 0;
}

/* SDM volume 2, IRET, in 64-bit mode: always five words. */
static enum cpu_result transfer_iret(struct cpu *cpu, const struct insn *insn,
				     struct cpu_fault *fault)
{
	uint64_t frame[5], flags = FLAGS_WRITABLE & ~FLAG_VM;
	enum cpu_result result;

	if (cpu->rflags & FLAG_NT)
		return cpu_raise(fault, VECTOR_GP, 0);
	if (transfer_read(cpu, cpu->r[RSP], insn->osize, frame, 5, fault))
		return CPU_FAULT;
	if ((frame[1] & 3) == 3) {
		result = cpu_check_return(cpu, frame[1], frame[4], fault);
		if (result == CPU_FAULT)
			return result;
	}
	result = transfer_go(cpu, frame[0], frame[1], fault);
	if (result != CPU_JUMPED)
		return result;
	if (insn->osize == 2)
		flags &= 0xffff;
	cpu->rflags = (cpu->rflags & ~flags) | (frame[2] & flags) | FLAG_FIXED;
	cpu->r[RSP] = frame[3];
	cpu->seg[SEG_SS] = frame[4];
	if (cpu->user)
		transfer_drop_segments(cpu);
	return CPU_JUMPED;
}

static enum cpu_result transfer_lret(struct cpu *cpu, const struct insn *insn,
				     struct cpu_fault *fault)
{
	uint64_t frame[2];
	enum cpu_result result;

	if (transfer_read(cpu, cpu->r[RSP], insn->osize, frame, 2, fault))
		return CPU_FAULT;
	if ((frame[1] & 3) != 0)	/* LIMIT: lret to user mode */
		return CPU_UNKNOWN;
	result = transfer_go(cpu, frame[0], frame[1], fault);
	if (result == CPU_JUMPED)
		cpu->r[RSP] += 2 * insn->osize + insn->imm;
	return result;
}

static enum cpu_result transfer_far(struct cpu *cpu, const struct insn *insn, uint64_t next,
				    int call, struct cpu_fault *fault)
{
	uint64_t va = cpu_operand_address(cpu, insn, next);
	uint64_t offset = 0;
	uint16_t cs, old_cs = cpu->seg[SEG_CS];
	int size = insn->osize;
	uint8_t frame[16] = { 0 };
	enum cpu_result result;

	/* The return address below, the selector above. */
	memcpy(frame, &next, size);
	memcpy(frame + size, &old_cs, sizeof(old_cs));

	if (cpu_read(cpu, va, &offset, insn->osize, fault) ||
	    cpu_read(cpu, va + insn->osize, &cs, 2, fault))
		return CPU_FAULT;
	if (cs & 3)		/* above the current privilege */
		return cpu_raise(fault, VECTOR_GP, cs & ~3u);
	if (call && cpu_write(cpu, cpu->r[RSP] - 2 * size, frame, 2 * size, fault))
		return CPU_FAULT;
	result = transfer_go(cpu, offset, cs, fault);
	if (result == CPU_JUMPED && call)
		cpu->r[RSP] -= 2 * size;
	return result;
}

/* SDM volume 2, SYSRET. */
static enum cpu_result transfer_sysret(struct cpu *cpu, const struct insn *insn,
				       struct cpu_fault *fault)
{
	uint16_t base = STAR_SYSRET(cpu->star);

	if (!(cpu->efer & EFER_SCE))
		return cpu_raise(fault, VECTOR_UD, 0);
	if (!cpu_is_canonical(cpu->r[RCX]))
		return cpu_raise(fault, VECTOR_GP, 0);
	cpu->rip = insn->osize == 8 ? cpu->r[RCX] : (uint32_t)cpu->r[RCX];
	cpu->seg[SEG_CS] = (insn->osize == 8 ? base + 16 : base) | 3;
	cpu->seg[SEG_SS] = (base + 8) | 3;
	cpu->rflags = (cpu->r[R11] & 0x3c7fd7) | FLAG_FIXED;
	cpu->user = 1;
	return CPU_JUMPED;
}

/* SDM volume 2, SYSCALL. */
enum cpu_result cpu_syscall(struct cpu *cpu, int compat, struct cpu_fault *fault)
{
	if (!(cpu->efer & EFER_SCE)) {
		cpu->rip -= SYSCALL_LEN;
		return cpu_raise(fault, VECTOR_UD, 0);
	}
	cpu->r[RCX] = cpu->rip;
	cpu->r[R11] = cpu->rflags & ~(uint64_t)FLAG_RF;
	cpu->rflags = (cpu->rflags & ~cpu->sfmask & ~(uint64_t)FLAG_RF) | FLAG_FIXED;
	cpu->rip = compat ? cpu->cstar : cpu->lstar;
	cpu->seg[SEG_CS] = STAR_SYSCALL(cpu->star) & ~3u;
	cpu->seg[SEG_SS] = (STAR_SYSCALL(cpu->star) & ~3u) + 8;
	cpu->user = 0;
	return CPU_JUMPED;
}

/* SDM volume 2, SYSENTER; the three MSRs are those from 174h on. */
enum cpu_result cpu_sysenter(struct cpu *cpu, struct cpu_fault *fault)
{
	uint16_t cs = cpu->sysenter[0] & ~3u;

	if (!cs)
		return cpu_raise(fault, VECTOR_GP, 0);
	cpu->rflags &= ~(uint64_t)(FLAG_IF | FLAG_VM | FLAG_RF);
	cpu->r[RSP] = cpu->sysenter[1];
	cpu->rip = cpu->sysenter[2];
	cpu->seg[SEG_CS] = cs;
	cpu->seg[SEG_SS] = cs + 8;
	cpu->user = 0;
	return CPU_JUMPED;
}

static enum cpu_result transfer_int(struct cpu *cpu, const struct insn *insn, uint64_t next,
				    struct cpu_fault *fault)
{
	struct cpu_fault soft = { .vector = insn->imm };

	cpu->rip = next;
	return cpu_deliver(cpu, &soft, insn->len) ? cpu_raise(fault, VECTOR_DF, 0) : CPU_JUMPED;
}

enum cpu_result cpu_emulate_transfer(struct cpu *cpu, const struct insn *insn, uint64_t next,
				     struct cpu_fault *fault)
{
	switch (insn->op) {
	case PREVIRT_OP_iret:
		return transfer_iret(cpu, insn, fault);
	case PREVIRT_OP_lret:
		return transfer_lret(cpu, insn, fault);
	case PREVIRT_OP_ljmp:
		return transfer_far(cpu, insn, next, 0, fault);
	case PREVIRT_OP_lcall:
		return transfer_far(cpu, insn, next, 1, fault);
	case PREVIRT_OP_sysret:
		return transfer_sysret(cpu, insn, fault);
	case PREVIRT_OP_syscall:
		cpu->rip = next;	/* cpu_emulate puts it back on a fault */
		return cpu_syscall(cpu, 0, fault);
	case PREVIRT_OP_sysenter:
		return cpu_sysenter(cpu, fault);
	case PREVIRT_OP_sysexit:	/* LIMIT: back to user mode by it */
		return cpu->sysenter[0] & ~3u ? CPU_UNKNOWN : cpu_raise(fault, VECTOR_GP, 0);
	case PREVIRT_OP_int:
		return transfer_int(cpu, insn, next, fault);
	case PREVIRT_OP_swapgs:
		cpu->gs_swapped = !cpu->gs_swapped;
		return CPU_NEXT;
	}
	return CPU_UNKNOWN;
}
