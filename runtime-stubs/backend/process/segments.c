/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * Segments, debug registers, and what the host grants of the processor.
 *
 * User mode's selectors are in struct cpu, and handed on in user.c.
 * LIMIT: its descriptors of the global table are not handed on. No breakpoints, no FPU trap
 * (CR0.TS), no trap of rdtsc (CR4.TSD).
 */
#include "process.h"
#include "../../cpu/cpu.h"
#include "../../host/base.h"
#include "../../host/xstate.h"
#include "../../stub/stub.h"
#include "../../wedge/wedge.h"

#define CPUID_7_ECX_RDPID (1u << 22)
#define CPUID_80000001_EDX_RDTSCP (1u << 27)

uint64_t process_debug_status, process_kernel_gs;
uint64_t process_user_base[2];		/* as they are to be: fs, gs */
struct stub_ldt process_ldt;

void backend_set_gs_base(int user, uint64_t base)
{
	if (user) {
		process_user_base[1] = base;
		return;
	}
	/* The host changes to another process, and back, a third faster if it has none to load. */
	if (wedge_vm.no_gs && backend_vcpus == 1)
		return;
	process_calls[CALL_BASE]++;
	process_kernel_gs = base;
	host_base_set(1, base);
}

int backend_set_gs_selector(uint16_t selector)
{
	(void)selector;
	return 0;
}

int backend_set_selector(int which, uint16_t selector)
{
	(void)which;
	(void)selector;
	return 0;
}

void backend_set_gdt(const uint64_t *descriptors, unsigned count)
{
	(void)descriptors;
	(void)count;
}

void backend_set_ldt(unsigned first, const uint64_t *descriptors, unsigned count)
{
	for (unsigned i = 0; i < count && first + i < STUB_LDT; i++)
		process_ldt.descriptor[first + i] = descriptors[i];
}

void backend_load_ldt(unsigned count)
{
	if (!count && !process_ldt.count)
		return;
	process_ldt.count = count < STUB_LDT ? count : STUB_LDT;
	process_ldt.version++;
}

/* They are user mode's alone (user.c). */
int backend_set_debug(unsigned reg, uint64_t value)
{
	(void)reg;
	(void)value;
	maps_changes[0]++;
	return 0;
}

/* Of the last exception. */
uint64_t backend_get_debug(unsigned reg)
{
	return reg == 6 ? process_debug_status : 0;
}

void backend_set_ts(int on)
{
	(void)on;
}

void backend_set_tsd(int on)
{
	(void)on;
}

uint64_t process_parts = XCR0_X87 | XCR0_SSE;
uint32_t process_parts_size = XSAVE_LEGACY;

void backend_cpuid(uint32_t leaf, uint32_t subleaf, uint32_t regs[4])
{
	__asm__ volatile("cpuid"
			 : "=a"(regs[0]), "=b"(regs[1]), "=c"(regs[2]), "=d"(regs[3])
			 : "0"(leaf), "2"(subleaf));
	if (leaf == 7 && !subleaf)
		regs[2] &= ~CPUID_7_ECX_RDPID;
	if (leaf == 0x80000001)
		regs[3] &= ~CPUID_80000001_EDX_RDTSCP;
}

/* LIMIT: XGETBV shows the host's, which is the real one. */
int backend_set_xcr0(uint64_t value)
{
	if (value & ~host_xcr0())
		return -1;
	process_parts = value | XCR0_X87 | XCR0_SSE;
	process_parts_size = cpu_xsave_size(process_parts, 0);
	return 0;
}

/* LIMIT: RDTSCP and RDPID, which are not offered, give the host's. */
int backend_set_tsc_aux(uint32_t value)
{
	(void)value;
	return 0;
}
