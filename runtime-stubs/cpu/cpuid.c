/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * CPUID as the guest sees it. Intel SDM volume 2, CPUID; AMD APM
 * volume 3, appendix E.
 *
 * Invariant: a feature is offered only if the hypervisor grants it (backend_cpuid)
 * or this virtual processor has it by itself, and only if it can be emulated where
 * it is sensitive.
 */
#include "cpu.h"
#include "../iface/processor.h"
#include "../iface/vcpu.h"

/* Paging and interrupts are the virtual processor's own. */
#define OWN_1_EDX (1u << 3 /* PSE */ | 1u << 9 /* APIC */ | 1u << 13 /* PGE */ | \
	1u << 17 /* PSE36 */)
/* Features of leaf 1 that this processor does not have. */
#define HIDE_1_ECX (1u << 2 /* DTES64 */ | 1u << 3 /* MONITOR */ | 1u << 4 | \
	1u << 5 /* VMX */ | 1u << 6 | 1u << 7 | 1u << 8 | 1u << 15 /* PDCM */ | \
	1u << 17 /* PCID */ | 1u << 18 | 1u << 21 /* x2APIC */ | \
	1u << 24 /* TSC deadline */ | HAS_OSXSAVE | 1u << 31 /* hypervisor */)
#define HAS_XSAVE (1u << 26)
#define HAS_OSXSAVE (1u << 27)
#define HIDE_1_EDX (1u << 1 /* VME */ | 1u << 2 /* DE */ | 1u << 7 /* MCE */ | 1u << 12 /* MTRR */ | \
	1u << 14 /* MCA */ | 1u << 21 | 1u << 22 /* ACPI */ | 1u << 28 /* HTT */ | \
	1u << 29)
#define SHOW_7_EBX (1u << 3 | 1u << 5 /* AVX2 */ | 1u << 8 | 1u << 9 | 1u << 18 | 1u << 19 | 1u << 24 | \
	1u << 29)	/* BMI, ERMS, RDSEED, ADX, CLWB, SHA */
#define SHOW_7_ECX (1u << 22)	/* RDPID */
/* Of AVX-512: F, DQ, IFMA, CD, BW, VL; VBMI, VBMI2, VNNI, BITALG, VPOPCNTDQ. */
#define AVX512_7_EBX (1u << 16 | 1u << 17 | 1u << 21 | 1u << 28 | 1u << 30 | 1u << 31)
#define AVX512_7_ECX (1u << 1 | 1u << 6 | 1u << 11 | 1u << 12 | 1u << 14)
#define HAS_ARCH_CAPABILITIES (1u << 29)	/* of leaf 7, EDX */
#define SHOW_D_1_EAX 7u		/* XSAVEOPT, XSAVEC, XGETBV with 1; no XSAVES */
#define HAS_XSAVEC (1u << 1)
#define PART_ALIGNED 2u		/* in a compacted area; ECX of the part's subleaf */
#define HIDE_80000001_ECX (1u << 2 /* SVM */ | 1u << 3 | 1u << 10 /* IBS */ | \
	1u << 11 /* XOP */ | 1u << 12 /* SKINIT */ | 1u << 13 | 1u << 15 /* LWP */ | \
	1u << 16 /* FMA4 */ | 1u << 19 | 1u << 22 /* topology */ | 1u << 23 | \
	1u << 24 | 1u << 28 | 1u << 29 /* MWAITX */)
#define HIDE_80000001_EDX (1u << 1 | 1u << 2 | 1u << 7 | 1u << 12 | 1u << 14 | \
	1u << 25 /* FFXSR */ | \
	1u << 26 /* 1 GiB pages */)
#define HAS_COPY 1u		/* of leaf 1, EDX, in 80000001h: AMD's processors */

/* LIMIT: of the extended states only x87, SSE, AVX and AVX-512. */
uint64_t cpu_xcr0_offered(void)
{
	uint32_t regs[4];

	backend_cpuid(0, 0, regs);
	if (regs[0] < 0xd)
		return 0;
	backend_cpuid(1, 0, regs);
	if (!(regs[2] & HAS_XSAVE))
		return 0;
	backend_cpuid(0xd, 0, regs);
	if (!(regs[0] & XCR0_AVX))
		return regs[0] & (XCR0_X87 | XCR0_SSE);
	if ((regs[0] & XCR0_AVX512) != XCR0_AVX512)
		return regs[0] & (XCR0_X87 | XCR0_SSE | XCR0_AVX);
	return regs[0] & (XCR0_X87 | XCR0_SSE | XCR0_AVX | XCR0_AVX512);
}

static void cpuid_clear(uint32_t regs[4])
{
	regs[0] = regs[1] = regs[2] = regs[3] = 0;
}

static void cpuid_features(const struct cpu *cpu, uint32_t regs[4])
{
	regs[1] = (regs[1] & 0xffff) | backend_vcpus << 16 | backend_vcpu << 24;
	regs[2] &= ~HIDE_1_ECX;
	if (cpu->cr4 & CR4_OSXSAVE)
		regs[2] |= HAS_OSXSAVE;
	regs[3] = (regs[3] & ~HIDE_1_EDX) | OWN_1_EDX;
}

static void cpuid_more_features(uint32_t subleaf, uint32_t regs[4])
{
	int wide = !!(cpu_xcr0_offered() & XCR0_AVX512);

	if (subleaf) {
		cpuid_clear(regs);
		return;
	}
	regs[0] = 0;			/* no further subleaf */
	regs[1] &= SHOW_7_EBX | (wide ? AVX512_7_EBX : 0);
	regs[2] &= SHOW_7_ECX | (wide ? AVX512_7_ECX : 0);
	regs[3] = HAS_ARCH_CAPABILITIES;
}

uint32_t cpu_xsave_size(uint64_t parts, int compacted)
{
	uint32_t size = XSAVE_LEGACY, part[4];

	for (unsigned i = 2; i < 63; i++) {
		if (!(parts >> i & 1))
			continue;
		backend_cpuid(0xd, i, part);
		if (compacted)
			size = (part[2] & PART_ALIGNED ? (size + 63) & ~63u : size) + part[0];
		else if (part[0] + part[1] > size)
			size = part[0] + part[1];
	}
	return size;
}

/*
 * SDM volume 1, 13.2. The sizes are computed: the hypervisor's depend on its own XCR0, and
 * the size of the compacted format is there only with XSAVES.
 */
static void cpuid_xsave(const struct cpu *cpu, uint32_t subleaf, uint32_t regs[4])
{
	uint64_t offered = cpu_xcr0_offered();

	if (!offered || subleaf > 63 || (subleaf > 1 && !(offered >> subleaf & 1))) {
		cpuid_clear(regs);
	} else if (!subleaf) {
		regs[0] = offered;
		regs[1] = cpu_xsave_size(cpu->xcr0, 0);
		regs[2] = cpu_xsave_size(offered, 0);
		regs[3] = 0;
	} else if (subleaf == 1) {
		regs[0] &= SHOW_D_1_EAX;
		regs[1] = regs[0] & HAS_XSAVEC ? cpu_xsave_size(cpu->xcr0, 1) : 0;
		regs[2] = regs[3] = 0;
	}
}

static void cpuid_extended_features(uint32_t regs[4])
{
	regs[2] &= ~HIDE_80000001_ECX;
	regs[3] &= ~HIDE_80000001_EDX;
	if (regs[3] & HAS_COPY)
		regs[3] |= OWN_1_EDX;
}

void cpu_cpuid(struct cpu *cpu, uint32_t leaf, uint32_t subleaf, uint32_t regs[4])
{
	backend_cpuid(leaf, subleaf, regs);
	switch (leaf) {
	case 1:
		cpuid_features(cpu, regs);
		break;
	case 7:
		cpuid_more_features(subleaf, regs);
		break;
	case 0xd:
		cpuid_xsave(cpu, subleaf, regs);
		break;
	case 0x80000001:
		cpuid_extended_features(regs);
		break;
	case 0x80000008:
		regs[1] = regs[2] = 0;
		break;
	case 0x80000007:
		regs[0] = regs[1] = regs[2] = 0;
		break;
	case 5:
	case 6:
	case 0xa:
	case 0xb:
	case 0xf:
	case 0x10:
	case 0x12:
	case 0x14:
	case 0x1f:
	case 0x8000000a:
	case 0x8000001b:
	case 0x8000001f:
	case 0x80000020:
		cpuid_clear(regs);
		break;
	}
	if (leaf >= 0x40000000 && leaf < 0x50000000)
		cpuid_clear(regs);
}
