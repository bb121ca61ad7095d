/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * Model-specific registers. Access to a register that is not listed here raises #GP, as on
 * hardware. Intel SDM volume 4; AMD APM volume 2, appendix A.
 */
#include "cpu.h"
#include "../iface/fastpath.h"
#include "../iface/processor.h"
#include "../iface/segments.h"
#include "../iface/vcpu.h"

enum {
	MSR_TSC = 0x10, MSR_APIC_BASE = 0x1b, MSR_UCODE = 0x8b, MSR_ARCH_CAPABILITIES = 0x10a,
	MSR_SYSENTER_CS = 0x174, MSR_SYSENTER_EIP = 0x176,
	MSR_MISC_ENABLE = 0x1a0, MSR_PAT = 0x277,
	MSR_EFER = 0xc0000080, MSR_STAR, MSR_LSTAR, MSR_CSTAR, MSR_SFMASK,
	MSR_FS_BASE = 0xc0000100, MSR_GS_BASE, MSR_KERNEL_GS_BASE, MSR_TSC_AUX,
	MSR_SYSCFG = 0xc0010010, MSR_HWCR = 0xc0010015, MSR_NB_CFG = 0xc001001f,
	MSR_INT_PENDING = 0xc0010055,
};

#define APIC_BASE_DEFAULT 0xfee00900ull
#define RDCL_NO 1u
#define APIC_BASE_FIRST 0x100ull

/* Where the value of a register without further effect is stored, or NULL. */
static uint64_t *msr_stored(struct cpu *cpu, uint32_t msr)
{
	switch (msr) {
	case MSR_STAR: return &cpu->star;
	case MSR_SFMASK: return &cpu->sfmask;
	case MSR_PAT: return &cpu->pat;
	case MSR_APIC_BASE: return &cpu->apic_base;
	case MSR_MISC_ENABLE: return &cpu->misc_enable;
	}
	if (msr >= MSR_SYSENTER_CS && msr <= MSR_SYSENTER_EIP)
		return &cpu->sysenter[msr - MSR_SYSENTER_CS];
	return NULL;
}

/* SDM volume 3, 12.12.2: types 0, 1, 4 to 7. */
static int msr_pat_allowed(uint64_t value)
{
	for (; value; value >>= 8)
		if ((value & 0xff) > 7 || (value & 0xfe) == 2)
			return 0;
	return 1;
}

static uint64_t *msr_address(struct cpu *cpu, uint32_t msr)
{
	switch (msr) {
	case MSR_LSTAR: return &cpu->lstar;
	case MSR_CSTAR: return &cpu->cstar;
	case MSR_FS_BASE: return &cpu->fs_base;
	case MSR_GS_BASE: return cpu_gs_base(cpu, 0);
	case MSR_KERNEL_GS_BASE: return cpu_gs_base(cpu, 1);
	}
	return NULL;
}

int cpu_rdmsr(struct cpu *cpu, uint32_t msr, uint64_t *value)
{
	uint64_t *at = msr_stored(cpu, msr);

	if (!at) {
		at = msr_address(cpu, msr);
		if (at == &cpu->fs_base || at == &cpu->gs_base[1])
			cpu_note_user_bases(cpu);
	}
	if (at) {
		*value = *at;
		return 0;
	}
	switch (msr) {
	case MSR_EFER:
		*value = cpu->efer;
		return 0;
	case MSR_TSC_AUX:
		*value = cpu->tsc_aux;
		return 0;
	case MSR_TSC:
		*value = __builtin_ia32_rdtsc();
		return 0;
	case MSR_UCODE:
	case MSR_SYSCFG:
	case MSR_HWCR:
	case MSR_NB_CFG:
	case MSR_INT_PENDING:
		*value = 0;
		return 0;
	case MSR_ARCH_CAPABILITIES:
		/* User roots map nothing of the kernel (mmu.h). */
		*value = RDCL_NO;
		return 0;
	}
	return -1;
}

static void msr_load_base(struct cpu *cpu, uint32_t msr)
{
	if (msr == MSR_FS_BASE) {
		cpu_load_fs_base(cpu, cpu->fs_base);
		return;
	}
	if ((msr == MSR_KERNEL_GS_BASE) != cpu->gs_swapped)
		cpu_user_gs_changed(cpu, cpu->loaded[SEG_GS]);
	else
		backend_set_gs_base(0, cpu->gs_base[0]);
}

/* NXE is always 1 if the processor has it. SDM volume 3, 2.2.1. */
static int msr_write_efer(struct cpu *cpu, uint64_t value)
{
	uint64_t held = cpu->efer & (EFER_LMA | EFER_NX);

	if ((value & ~(EFER_SCE | EFER_LME | held)) ||
	    (cpu->cr0 & CR0_PG && (value ^ cpu->efer) & EFER_LME))
		return -1;
	cpu->efer = (value & (EFER_SCE | EFER_LME)) | held;
	return 0;
}

int cpu_wrmsr(struct cpu *cpu, uint32_t msr, uint64_t value)
{
	uint64_t *at = msr_stored(cpu, msr);

	if (msr >= MSR_EFER && msr <= MSR_SFMASK)
		cpu_syscall_changed(cpu);
	if (at) {
		if (msr == MSR_PAT && !msr_pat_allowed(value))
			return -1;
		*at = value;
		return 0;
	}
	at = msr_address(cpu, msr);
	if (at) {
		if (!cpu_is_canonical(value))
			return -1;
		*at = value;
		if (msr >= MSR_FS_BASE)
			msr_load_base(cpu, msr);
		return 0;
	}
	switch (msr) {
	case MSR_EFER:
		return msr_write_efer(cpu, value);
	case MSR_TSC_AUX:		/* user mode reads it as well: RDTSCP, RDPID */
		if (value >> 32 || backend_set_tsc_aux(value))
			return -1;
		cpu->tsc_aux = value;
		return 0;
	case MSR_UCODE:
	case MSR_SYSCFG:
	case MSR_HWCR:
	case MSR_NB_CFG:
	case MSR_INT_PENDING:
	case MSR_TSC:		/* LIMIT: the TSC cannot be set */
		return 0;
	}
	return -1;
}

int cpu_fast_wrmsr(struct cpu *cpu, uint32_t msr, uint64_t value)
{
	return msr == MSR_FS_BASE || msr == MSR_KERNEL_GS_BASE ? cpu_wrmsr(cpu, msr, value) : -1;
}

static int msr_has_nx(void)
{
	uint32_t regs[4];

	backend_cpuid(0x80000001, 0, regs);
	return regs[3] >> 20 & 1;
}

void cpu_reset(struct cpu *cpu)
{
	*cpu = (struct cpu){
		.rflags = FLAG_FIXED,
		.cr0 = CR0_PG | CR0_PE | CR0_HELD,
		.cr4 = CR4_PAE | CR4_OSFXSR | (cpu_xcr0_offered() ? CR4_OSXSAVE : 0),
		.efer = EFER_LME | EFER_LMA | (msr_has_nx() ? EFER_NX : 0),
		.pat = 0x0007040600070406ull,
		.apic_base = APIC_BASE_DEFAULT & ~(backend_vcpu ? APIC_BASE_FIRST : 0),
		.misc_enable = 1, .xcr0 = XCR0_X87,
		.dr = { [6] = 0xffff0ff0, [7] = 0x400 },
		.seg = { 0x18, 0x10, 0x18, 0x18, 0, 0 },
		.idt = { 0, 0xfff }, .gdt = { 0, 0xffff },
		.derived = cpu->derived,
	};
	if (cpu_xcr0_offered())
		backend_set_xcr0(cpu->xcr0);
}
