/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * What the guest is offered when a hypervisor grants less than the processor has: a
 * back-end that answers from a table, and refuses XCR0 values.
 */
#include "../../../runtime-stubs/backend/backend.h"
#include "../../../runtime-stubs/cpu/cpu.h"
#include "insns.h"
#include <stdio.h>
#include <string.h>

#define PSE (1u << 3)
#define APIC (1u << 9)
#define PGE (1u << 13)
#define PSE36 (1u << 17)
#define SSE2 (1u << 26)
#define XSAVE (1u << 26)
#define OSXSAVE (1u << 27)
#define AVX (1u << 28)
#define FSGSBASE (1u << 0)
#define BMI1 (1u << 3)
#define SMAP (1u << 20)
#define UMIP (1u << 2)
#define RDPID (1u << 22)
#define AVX512F (1u << 16)
#define TSC_AUX 0xc0000103
#define XSTATE_AVX_END (576 + 256)

static unsigned passed, failed, refuse;
static uint64_t xcr0;
static uint32_t tsc_aux;
static struct cpu cpu;
static uint32_t leaf_1[4], leaf_7[4], leaf_d[8][4], leaf_80000001[4];

void backend_cpuid(uint32_t leaf, uint32_t subleaf, uint32_t regs[4])
{
	static const uint32_t none[4], most[4] = { 0xd };
	const uint32_t *from = none;

	if (leaf == 0)
		from = most;
	else if (leaf == 1)
		from = leaf_1;
	else if (leaf == 7 && !subleaf)
		from = leaf_7;
	else if (leaf == 0xd && subleaf < 8)
		from = leaf_d[subleaf];
	else if (leaf == 0x80000001)
		from = leaf_80000001;
	memcpy(regs, from, sizeof(none));
}

int backend_set_xcr0(uint64_t value)
{
	if (!refuse)
		xcr0 = value;
	return refuse;
}

/* The rest of the virtual processor is not used. */
int mmu_access(uint64_t va, void *b, size_t size, int write, int user, uint64_t *address,
	       uint32_t *error)
{
	(void)va; (void)b; (void)size; (void)write; (void)user; (void)address; (void)error;
	return -1;
}
void mmu_invalidate(uint64_t va) { (void)va; }
uint32_t ports_read(uint16_t p, int size) { (void)p; (void)size; return 0; }
void ports_write(uint16_t p, int size, uint32_t value) { (void)p; (void)size; (void)value; }

int backend_set_tsc_aux(uint32_t value)
{
	if (!refuse)
		tsc_aux = value;
	return refuse;
}

static void expect(const char *what, int good)
{
	passed += !!good;
	failed += !good;
	if (!good)
		printf("BAD %s\n", what);
}

static const uint32_t *ask(uint32_t leaf, uint32_t subleaf)
{
	static uint32_t regs[4];

	cpu_cpuid(&cpu, leaf, subleaf, regs);
	return regs;
}

/* XSETBV; the vector it raises, or -1. */
static int set(uint64_t value)
{
	struct cpu_fault fault = { 0 };

	cpu.r[RAX] = (uint32_t)value;
	cpu.r[RDX] = value >> 32;
	cpu.r[RCX] = 0;
	return cpu_emulate_control(&cpu, &(struct insn){ .op = PREVIRT_OP_xsetbv }, 0, &fault) ==
		CPU_FAULT ? fault.vector : -1;
}

static void test_features(void)
{
	leaf_1[3] = SSE2;
	leaf_7[1] = FSGSBASE | BMI1 | SMAP;
	expect("its own features are there, granted or not",
	       ask(1, 0)[3] == (SSE2 | PSE | APIC | PGE | PSE36));
	expect("AMD's copy is hidden on other processors", ask(0x80000001, 0)[3] == 0);
	leaf_80000001[3] = 1;
	expect("and in step on AMD's",
	       ask(0x80000001, 0)[3] == (1 | PSE | APIC | PGE | PSE36));
	leaf_7[0] = 1;
	leaf_7[2] = RDPID | UMIP;
	expect("granted, but not emulated", ask(7, 0)[1] == BMI1 && ask(7, 0)[2] == RDPID &&
	       ask(7, 0)[0] == 0 && ask(7, 1)[0] == 0);
}

static void test_states(void)
{
	expect("no XSAVE, no states", cpu_xcr0_offered() == 0 && ask(0xd, 0)[0] == 0 &&
	       ask(0xd, 0)[2] == 0 && ask(0xd, 1)[0] == 0);
	leaf_1[2] = XSAVE;
	leaf_d[0][0] = 3 | 1u << 9;		/* PKRU's is not emulated */
	leaf_d[0][1] = 576;
	leaf_d[1][0] = 0xf;
	expect("SSE, and no AVX", cpu_xcr0_offered() == 3 && ask(0xd, 0)[0] == 3 &&
	       ask(0xd, 0)[2] == 576 && ask(1, 0)[2] == XSAVE);
	expect("no XSAVES; the compact size goes with XSAVEC", ask(0xd, 1)[0] == 7 &&
	       ask(0xd, 1)[1] == 576);
	leaf_1[2] |= AVX;
	leaf_d[0][0] |= 4;
	leaf_d[2][0] = 256;
	leaf_d[2][1] = 576;
	leaf_d[1][0] = 1;
	expect("AVX, where it is granted", cpu_xcr0_offered() == 7 &&
	       ask(0xd, 0)[2] == XSTATE_AVX_END && ask(0xd, 2)[0] == 256);
	expect("no compact size without XSAVEC", ask(0xd, 1)[1] == 0);
	leaf_7[1] |= AVX512F;
	leaf_d[0][0] |= 0x60;
	expect("AVX-512 not without its three parts", cpu_xcr0_offered() == 7 && ask(7, 0)[1] == BMI1);
	leaf_d[0][0] |= 0x80;
	leaf_d[7][0] = 1024;
	leaf_d[7][1] = 1664;
	expect("AVX-512, where it is granted", cpu_xcr0_offered() == 0xe7 && ask(0xd, 0)[0] == 0xe7 &&
	       ask(0xd, 0)[2] == 1664 + 1024 && ask(7, 0)[1] == (BMI1 | AVX512F));
}

static void test_xcr0(void)
{
	expect("XSETBV is undefined without OSXSAVE", set(7) == VECTOR_UD);
	cpu.cr4 |= CR4_OSXSAVE;
	expect("OSXSAVE is shown", ask(1, 0)[2] & OSXSAVE);
	expect("what is offered", set(7) == -1 && cpu.xcr0 == 7 && xcr0 == 7);
	expect("AVX-512's three parts together, and with AVX", set(0xe7) == -1 &&
	       set(0x67) == VECTOR_GP && set(0xe3) == VECTOR_GP && set(7) == -1);
	expect("the size of what is enabled", ask(0xd, 0)[1] == XSTATE_AVX_END);
	leaf_d[1][0] = 2;
	leaf_d[7][2] = 2;
	set(0xe7);
	expect("and compacted, with one part aligned", ask(0xd, 1)[1] == XSTATE_AVX_END + 1024);
	leaf_d[2][0] = 8;
	expect("which leaves a gap", ask(0xd, 1)[1] == 640 + 1024);
	set(7);
	refuse = 1;
	expect("what is refused below is refused", set(3) == VECTOR_GP && cpu.xcr0 == 7);
	refuse = 0;
	leaf_d[0][0] &= ~4u;
	expect("what is not offered is not tried", set(7) == VECTOR_GP && set(3) == -1 && xcr0 == 3);
}

static void test_tsc_aux(void)
{
	uint64_t value;

	expect("TSC_AUX is the processor's", !cpu_wrmsr(&cpu, TSC_AUX, 5) && tsc_aux == 5);
	expect("its high half is reserved", cpu_wrmsr(&cpu, TSC_AUX, 1ull << 32));
	refuse = 1;
	expect("refused below", cpu_wrmsr(&cpu, TSC_AUX, 6) &&
	       !cpu_rdmsr(&cpu, TSC_AUX, &value) && value == 5);
	refuse = 0;
}

int main(void)
{
	cpu_reset(&cpu);
	test_features();
	test_states();
	test_xcr0();
	test_tsc_aux();
	printf("cpuid: %u passed, %u failed\n", passed, failed);
	return failed != 0;
}
