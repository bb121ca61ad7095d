/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * The choice of the file that carries out an instruction: that of its class, else the first
 * that does not return CPU_UNKNOWN.
 */
#include "cpu.h"
#include "insns.h"

/* Fused pairs with STI: of these only STI; HLT is emulated, and the caller of cpu_emulate halts. */
static enum cpu_result emulate_pair(struct cpu *cpu, const struct insn *insn)
{
	switch (insn->op) {
	case PREVIRT_OP_sti_hlt:
		cpu->rflags |= FLAG_IF;
		return CPU_NEXT;
	}
	return CPU_UNKNOWN;
}

/* Instructions that the guest's processor (CPUID) does not have; RDPMC without counters. */
static enum cpu_result emulate_absent(const struct insn *insn, struct cpu_fault *fault)
{
	switch (insn->op) {
	case PREVIRT_OP_rdpmc:
		return cpu_raise(fault, VECTOR_GP, 0);
	case PREVIRT_OP_rdtscp:
	case PREVIRT_OP_rdpid:
	case PREVIRT_OP_rdpru:
	case PREVIRT_OP_wrmsrns:
	case PREVIRT_OP_rdmsrlist:
	case PREVIRT_OP_wrmsrlist:
	case PREVIRT_OP_invlpga:
	case PREVIRT_OP_invlpgb:
	case PREVIRT_OP_invpcid:
	case PREVIRT_OP_tlbsync:
	case PREVIRT_OP_xgetbv:
	case PREVIRT_OP_xsaves:
	case PREVIRT_OP_xrstors:
	case PREVIRT_OP_erets:
	case PREVIRT_OP_eretu:
		return cpu_raise(fault, VECTOR_UD, 0);
	}
	switch (previrt_insns[insn->op].cls) {
	case PREVIRT_CLASS_vmx:
	case PREVIRT_CLASS_svm:
	case PREVIRT_CLASS_pkey:
	case PREVIRT_CLASS_cet:
	case PREVIRT_CLASS_sgx:
	case PREVIRT_CLASS_misc:
	case PREVIRT_CLASS_wait:
	case PREVIRT_CLASS_fsgsbase:
		return cpu_raise(fault, VECTOR_UD, 0);
	}
	return CPU_UNKNOWN;
}

/* For classes that one file has all or most of. */
static enum cpu_result emulate_class(struct cpu *cpu, const struct insn *insn, uint64_t next,
				     struct cpu_fault *fault)
{
	switch (previrt_insns[insn->op].cls) {
	case PREVIRT_CLASS_io:
		return cpu_emulate_io(cpu, insn, fault);
	case PREVIRT_CLASS_ctlreg:
	case PREVIRT_CLASS_msr:
	case PREVIRT_CLASS_tlb:
		return cpu_emulate_control(cpu, insn, next, fault);
	case PREVIRT_CLASS_seg:
	case PREVIRT_CLASS_desc:
		return cpu_emulate_segment(cpu, insn, next, fault);
	case PREVIRT_CLASS_transfer:
		return cpu_emulate_transfer(cpu, insn, next, fault);
	}
	return CPU_UNKNOWN;
}

/* Returns 1 if the memory operand's segment is SS, so that a non-canonical address raises #SS
   (SDM volume 2, 3.1.1.13). */
static int emulate_is_on_stack(const struct insn *insn)
{
	switch (insn->op) {
	case PREVIRT_OP_pushf:
	case PREVIRT_OP_popf:
	case PREVIRT_OP_push_sreg:
	case PREVIRT_OP_pop_sreg:
	case PREVIRT_OP_iret:
	case PREVIRT_OP_lret:
		return 1;
	}
	return insn->is_memory && (insn->base == RSP || insn->base == RBP) &&
	       insn->segment != INSN_FS && insn->segment != INSN_GS;
}

/* A page fault at a non-canonical address becomes #GP or #SS. */
static void emulate_not_canonical(const struct insn *insn, struct cpu_fault *fault)
{
	if (fault->vector == VECTOR_PF && !cpu_is_canonical(fault->address))
		cpu_raise(fault, emulate_is_on_stack(insn) ? VECTOR_SS : VECTOR_GP, 0);
}

enum cpu_result cpu_emulate(struct cpu *cpu, const struct insn *insn, uint64_t at,
			    uint64_t next, struct cpu_fault *fault)
{
	enum cpu_result result = emulate_class(cpu, insn, next, fault);

	if (result == CPU_UNKNOWN)
		result = cpu_emulate_flags(cpu, insn, next, fault);
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
	if (result == CPU_UNKNOWN)
		result = emulate_absent(insn, fault);
	if (result == CPU_NEXT) {
		cpu->rip = next;
		cpu->rflags &= ~(uint64_t)FLAG_RF;	/* of the fault that led here */
	} else if (result == CPU_FAULT || result == CPU_AGAIN) {
		cpu->rip = at;
		if (result == CPU_FAULT)
			emulate_not_canonical(insn, fault);
	}
	return result;
}
