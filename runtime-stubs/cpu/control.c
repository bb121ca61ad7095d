/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/* Control and debug registers, MSR instructions, TLB and caches. */
#include "cpu.h"
#include "insns.h"
#include "../iface/fastpath.h"
#include "../iface/processor.h"
#include "../mmu/mmu.h"

#define CR3_ADDRESS 0x000ffffffffff000ull

uint64_t cpu_held_bits(const struct cpu *cpu, unsigned reg, uint64_t value)
{
	switch (reg) {
	case 0: return (value & CR0_KNOWN) | CR0_HELD;
	case 4: return value | (cpu->cr4 & CR4_HELD);
	}
	return value;
}

static void control_set_cr0(struct cpu *cpu, uint64_t value)
{
	uint64_t changed;

	value = cpu_held_bits(cpu, 0, value);
	changed = cpu->cr0 ^ value;
	cpu->cr0 = value;
	if (changed & CR0_TS)
		backend_set_ts(!!(value & CR0_TS));
}

/* Returns 1 if @value has no reserved bit: none above the physical-address width. */
static int control_can_be_cr3(struct cpu *cpu, uint64_t value)
{
	uint32_t regs[4];

	if (!(value >> CPU_CR3_PLAIN))
		return 1;
	cpu_cpuid(cpu, 0x80000008, 0, regs);
	return !(value >> (regs[0] & 0xff));
}

/* SDM volume 2, MOV to control registers. */
static enum cpu_result control_write_cr0(struct cpu *cpu, uint64_t value,
					 struct cpu_fault *fault)
{
	/* SDM volume 3, 4.1.1: no 64-bit code turns paging off. */
	if (value >> 32 || !(value & CR0_PG) || !(value & CR0_PE) ||
	    ((value & CR0_NW) && !(value & CR0_CD)))
		return cpu_raise(fault, VECTOR_GP, 0);
	control_set_cr0(cpu, value);
	return CPU_NEXT;
}

/* Bits of features that cpu_cpuid does not show are reserved. */
static enum cpu_result control_write_cr4(struct cpu *cpu, uint64_t value,
					 struct cpu_fault *fault)
{
	uint64_t changed;

	if ((value & ~(CR4_KNOWN | (cpu->cr4 & CR4_HELD))) || !(value & CR4_PAE))
		return cpu_raise(fault, VECTOR_GP, 0);
	value = cpu_held_bits(cpu, 4, value);
	changed = cpu->cr4 ^ value;
	cpu->cr4 = value;
	if (changed & CR4_TSD)
		backend_set_tsd(!!(value & CR4_TSD));
	if (changed & CR4_PGE)
		mmu_flush_all();
	return CPU_NEXT;
}

void cpu_load_cr3(struct cpu *cpu, uint64_t value)
{
	cpu->cr3 = value;
	requests_vcpu.gdt_compares = CPU_GDT_COMPARES;
	mmu_set_root(value & CR3_ADDRESS, !!(cpu->cr4 & CR4_PGE));
}

static enum cpu_result control_write(struct cpu *cpu, unsigned reg, uint64_t value,
				     struct cpu_fault *fault)
{
	switch (reg) {
	case 0:
		return control_write_cr0(cpu, value, fault);
	case 2:
		cpu->cr2 = value;
		return CPU_NEXT;
	case 3:
		if (!control_can_be_cr3(cpu, value))
			return cpu_raise(fault, VECTOR_GP, 0);
		cpu_load_cr3(cpu, value);
		return CPU_NEXT;
	case 4:
		return control_write_cr4(cpu, value, fault);
	case 8:
		if (value >> 4)
			return cpu_raise(fault, VECTOR_GP, 0);
		cpu->cr8 = value;
		return CPU_NEXT;
	}
	return cpu_raise(fault, VECTOR_UD, 0);
}

static enum cpu_result control_read(struct cpu *cpu, unsigned reg, uint64_t *value,
				    struct cpu_fault *fault)
{
	switch (reg) {
	case 0: *value = cpu->cr0; return CPU_NEXT;
	case 2: *value = cpu->cr2; return CPU_NEXT;
	case 3: *value = cpu->cr3; return CPU_NEXT;
	case 4: *value = cpu->cr4; return CPU_NEXT;
	case 8: *value = cpu->cr8; return CPU_NEXT;
	}
	return cpu_raise(fault, VECTOR_UD, 0);
}

/* Returns the value for the real DR7. GD is emulated here. Breakpoints on ports (R/W 10b) do not
   exist without CR4.DE, which is hidden. */
static uint64_t control_real_dr7(uint64_t dr7)
{
	for (unsigned i = 0; i < 4; i++)
		if ((dr7 >> (16 + 4 * i) & 3) == 2)
			dr7 &= ~(3ull << 2 * i);
	return dr7 & ~(uint64_t)DR7_GD;
}

/* SDM volume 3, 17.2; volume 2, MOV to debug registers. */
static enum cpu_result control_debug(struct cpu *cpu, const struct insn *insn, int write,
				     struct cpu_fault *fault)
{
	unsigned reg = insn->reg & 7;

	if (reg == 4 || reg == 5)
		reg += 2;
	if (cpu->dr[7] & DR7_GD) {
		cpu->dr[7] &= ~(uint64_t)DR7_GD;
		cpu->dr[6] |= DR6_BD;
		return cpu_raise(fault, VECTOR_DB, 0);
	}
	if (write && reg > 3 && cpu->r[insn->rm] >> 32)
		return cpu_raise(fault, VECTOR_GP, 0);
	if (!write)
		cpu->r[insn->rm] = cpu->dr[reg];
	else if (reg == 6)
		cpu->dr[6] = (cpu->r[insn->rm] & 0xe00full) | 0xffff0ff0;
	else if (reg == 7)
		cpu->dr[7] = (cpu->r[insn->rm] & 0xffff2bffull) | 0x400;
	else
		cpu->dr[reg] = cpu->r[insn->rm];
	if (write)
		backend_set_debug(reg, reg == 7 ? control_real_dr7(cpu->dr[7]) : cpu->dr[reg]);
	return CPU_NEXT;
}

static enum cpu_result control_msr(struct cpu *cpu, int write, struct cpu_fault *fault)
{
	uint64_t value = (uint32_t)cpu->r[RAX] | cpu->r[RDX] << 32;
	uint32_t msr = cpu->r[RCX];

	if (write ? cpu_wrmsr(cpu, msr, value) : cpu_rdmsr(cpu, msr, &value))
		return cpu_raise(fault, VECTOR_GP, 0);
	if (!write) {
		cpu->r[RAX] = (uint32_t)value;
		cpu->r[RDX] = value >> 32;
	}
	return CPU_NEXT;
}

static enum cpu_result control_cpuid(struct cpu *cpu)
{
	uint32_t regs[4];

	cpu_cpuid(cpu, cpu->r[RAX], cpu->r[RCX], regs);
	cpu->r[RAX] = regs[0];
	cpu->r[RBX] = regs[1];
	cpu->r[RCX] = regs[2];
	cpu->r[RDX] = regs[3];
	return CPU_NEXT;
}

/* CR4.OSXSAVE is always 1, so XGETBV works from the start on. */
void cpu_apply_reset(const struct cpu *cpu)
{
	if (cpu->cr4 & CR4_OSXSAVE)
		backend_set_xcr0(cpu->xcr0);
}

/* SDM volume 1, 13.3: which bits need which others. */
static int control_xcr0_good(uint64_t value)
{
	uint64_t wide = value & XCR0_AVX512;

	if ((value & ~cpu_xcr0_offered()) || !(value & XCR0_X87))
		return 0;
	if ((value & XCR0_AVX) && !(value & XCR0_SSE))
		return 0;
	return !wide || (wide == XCR0_AVX512 && (value & XCR0_AVX));
}

/* SDM volume 2, XSETBV. The real register gets the guest's value; if the hypervisor refuses
   that, #GP. */
static enum cpu_result control_xsetbv(struct cpu *cpu, struct cpu_fault *fault)
{
	uint64_t value = (uint32_t)cpu->r[RAX] | cpu->r[RDX] << 32;

	if (!(cpu->cr4 & CR4_OSXSAVE))
		return cpu_raise(fault, VECTOR_UD, 0);
	if ((uint32_t)cpu->r[RCX] || !control_xcr0_good(value) || backend_set_xcr0(value))
		return cpu_raise(fault, VECTOR_GP, 0);
	cpu->xcr0 = value;
	return CPU_NEXT;
}

/* SDM volume 2, XGETBV. Comes here only if the real processor has raised an exception. */
static enum cpu_result control_xgetbv(struct cpu *cpu, struct cpu_fault *fault)
{
	if (!(cpu->cr4 & CR4_OSXSAVE))
		return cpu_raise(fault, VECTOR_UD, 0);
	if ((uint32_t)cpu->r[RCX])
		return cpu_raise(fault, VECTOR_GP, 0);
	cpu->r[RAX] = (uint32_t)cpu->xcr0;
	cpu->r[RDX] = cpu->xcr0 >> 32;
	return CPU_NEXT;
}

static enum cpu_result control_smsw(struct cpu *cpu, const struct insn *insn, uint64_t next,
				    struct cpu_fault *fault)
{
	if (!insn->is_memory)
		cpu_set_register(cpu, insn->rm, cpu->cr0, insn->osize);
	else if (cpu_write(cpu, cpu_operand_address(cpu, insn, next), &cpu->cr0, 2, fault))
		return CPU_FAULT;
	return CPU_NEXT;
}

static enum cpu_result control_lmsw(struct cpu *cpu, const struct insn *insn, uint64_t next,
				    struct cpu_fault *fault)
{
	uint16_t value = cpu->r[insn->rm];

	if (insn->is_memory &&
	    cpu_read(cpu, cpu_operand_address(cpu, insn, next), &value, 2, fault))
		return CPU_FAULT;
	/* PE can be set, never cleared. */
	control_set_cr0(cpu, (cpu->cr0 & ~0xeull) | (value & 0xf));
	return CPU_NEXT;
}

enum cpu_result cpu_emulate_control(struct cpu *cpu, const struct insn *insn, uint64_t next,
				    struct cpu_fault *fault)
{
	switch (insn->op) {
	case PREVIRT_OP_mov_from_cr:
		return control_read(cpu, insn->reg, &cpu->r[insn->rm], fault);
	case PREVIRT_OP_mov_to_cr:
		return control_write(cpu, insn->reg, cpu->r[insn->rm], fault);
	case PREVIRT_OP_mov_from_dr:
		return control_debug(cpu, insn, 0, fault);
	case PREVIRT_OP_mov_to_dr:
		return control_debug(cpu, insn, 1, fault);
	case PREVIRT_OP_clts:
		control_set_cr0(cpu, cpu->cr0 & ~(uint64_t)CR0_TS);
		return CPU_NEXT;
	case PREVIRT_OP_smsw:
		return control_smsw(cpu, insn, next, fault);
	case PREVIRT_OP_lmsw:
		return control_lmsw(cpu, insn, next, fault);
	case PREVIRT_OP_rdmsr:
		return control_msr(cpu, 0, fault);
	case PREVIRT_OP_wrmsr:
		return control_msr(cpu, 1, fault);
	case PREVIRT_OP_xsetbv:
		return control_xsetbv(cpu, fault);
	case PREVIRT_OP_xgetbv:
		return control_xgetbv(cpu, fault);
	case PREVIRT_OP_cpuid:
		return control_cpuid(cpu);
	case PREVIRT_OP_invlpg:
		mmu_invalidate(cpu_operand_address(cpu, insn, next));
		return CPU_NEXT;
	case PREVIRT_OP_invd:
	case PREVIRT_OP_wbinvd:
	case PREVIRT_OP_wbnoinvd:
		return CPU_NEXT;	/* no device sees memory past the caches */
	case PREVIRT_OP_hlt:
		return CPU_NEXT;	/* the caller waits */
	}
	return CPU_UNKNOWN;
}
