/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/* Registers without effect on the interpreter (xstate.c has more); CPUID of a processor with little in it. */
#include "fake.h"
#include "../backend.h"
#include "../../cpu/cpu.h"

#define CPUID_1_EDX 0x0789e979u		/* FPU DE PSE TSC MSR PAE CX8 SEP PGE CMOV PAT CLFLUSH FXSR SSE SSE2 */
#define CPUID_1_ECX_XSAVE (1u << 26)
#define CPUID_1_ECX_AVX (1u << 28)
#define CPUID_80000001_EDX 0x20100800u	/* SYSCALL NX LM */

struct fake_hardware fake_hardware = { .debug = { [6] = 0xffff0ff0, [7] = 0x400 } };

void backend_set_fs_base(uint64_t base) { fake_hardware.fs_base = base; }
void backend_set_gs_base(int user, uint64_t base) { fake_hardware.gs_base[user] = base; }

uint64_t backend_user_base(int which)
{
	return which == SEG_FS ? fake_hardware.fs_base : fake_hardware.gs_base[1];
}

/* A null selector clears the base, as on Intel's processors. */
int backend_set_gs_selector(uint16_t selector)
{
	fake_hardware.selectors[SEG_GS] = selector;
	fake_hardware.gs_base[1] = 0;
	return 0;
}

int backend_set_selector(int which, uint16_t selector)
{
	fake_hardware.selectors[which] = selector;
	return 0;
}

void backend_set_gdt(const uint64_t *descriptors, unsigned count)
{
	for (unsigned i = 0; i < count && i < 64; i++)
		fake_hardware.gdt[i] = descriptors[i];
}

void backend_set_ldt(unsigned first, const uint64_t *descriptors, unsigned count)
{
	for (unsigned i = 0; i < count && first + i < 64; i++)
		fake_hardware.ldt[first + i] = descriptors[i];
}

void backend_load_ldt(unsigned count) { fake_hardware.ldt_count = count; }

int backend_set_debug(unsigned reg, uint64_t value)
{
	fake_hardware.debug[reg] = value;
	return 0;
}

uint64_t backend_get_debug(unsigned reg) { return fake_hardware.debug[reg]; }
void backend_set_ts(int on) { fake_hardware.ts = on; }
void backend_set_tsd(int on) { fake_hardware.tsd = on; }

int backend_set_xcr0(uint64_t value)
{
	fake_hardware.xcr0 = value;
	return 0;
}

int backend_set_tsc_aux(uint32_t value)
{
	fake_hardware.tsc_aux = value;
	return 0;
}

void backend_cpuid(uint32_t leaf, uint32_t subleaf, uint32_t regs[4])
{
	regs[0] = regs[1] = regs[2] = regs[3] = 0;
	switch (leaf) {
	case 0:
		regs[0] = fake_xcr0 ? 0xd : 7;
		regs[1] = 0x656b6146;	/* "Fake", three times */
		regs[2] = regs[3] = regs[1];
		break;
	case 1:
		regs[0] = 0x600;
		regs[2] = fake_xcr0 ? CPUID_1_ECX_XSAVE | (fake_xcr0 & XCR0_AVX ? CPUID_1_ECX_AVX : 0) : 0;
		regs[3] = CPUID_1_EDX;
		break;
	case 0xd:
		regs[0] = !subleaf ? fake_xcr0 : subleaf == 2 ? FAKE_XSTATE - XSAVE_LEGACY : 0;
		regs[1] = subleaf == 2 ? XSAVE_LEGACY : 0;
		break;
	case 0x80000000:
		regs[0] = 0x80000008;
		break;
	case 0x80000001:
		regs[3] = CPUID_80000001_EDX;
		break;
	case 0x80000008:
		regs[0] = 48 << 8 | 40;
		break;
	}
}
