/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * Saving and loading the state of a processor (bus/state.h). x87, SSE and further extended
 * registers are a part of their own: XCR0 as a number, and an XSAVE area of its parts.
 */
#include "cpu.h"
#include "../iface/processor.h"
#include "../bus/state.h"
#include <string.h>

static const struct state_field state_fields[] = {
	STATE_ARRAY(struct cpu, r), STATE(struct cpu, rip), STATE(struct cpu, rflags),
	STATE_ARRAY(struct cpu, seg), STATE_ARRAY(struct cpu, loaded),
	STATE(struct cpu, user), STATE(struct cpu, gs_swapped), STATE(struct cpu, stale),
	STATE_ARRAY(struct cpu, gs_base), STATE(struct cpu, fs_base),
	STATE(struct cpu, cr0), STATE(struct cpu, cr2), STATE(struct cpu, cr3),
	STATE(struct cpu, cr4), STATE(struct cpu, cr8), STATE(struct cpu, xcr0),
	STATE_ARRAY(struct cpu, dr),
	STATE(struct cpu, efer), STATE(struct cpu, star), STATE(struct cpu, lstar),
	STATE(struct cpu, cstar), STATE(struct cpu, sfmask), STATE(struct cpu, pat),
	STATE(struct cpu, apic_base), STATE(struct cpu, tsc_aux),
	STATE_ARRAY(struct cpu, sysenter), STATE(struct cpu, misc_enable),
	STATE(struct cpu, gdt.base), STATE(struct cpu, gdt.limit),
	STATE(struct cpu, idt.base), STATE(struct cpu, idt.limit),
	STATE(struct cpu, ldtr), STATE(struct cpu, tr),
	STATE(struct cpu, ldt_base), STATE(struct cpu, tr_base),
	STATE(struct cpu, ldt_limit), STATE(struct cpu, tr_limit), STATE(struct cpu, in_nmi),
};

#define FIELDS (sizeof(state_fields) / sizeof(state_fields[0]))

size_t cpu_state_size(void)
{
	return state_size(state_fields, FIELDS);
}

void cpu_save(const struct cpu *cpu, uint8_t *to)
{
	state_save(cpu, state_fields, FIELDS, to);
}

/* Refuses values that the guest could not have set itself. */
int cpu_load(struct cpu *cpu, const uint8_t *from)
{
	*cpu = (struct cpu){ .derived = cpu->derived };
	state_load(cpu, state_fields, FIELDS, from);
	return cpu->user > 1 || cpu->gs_swapped > 1 || cpu->in_nmi > 1 ||
	       !(cpu->efer & EFER_LMA) || !(cpu->cr0 & CR0_PG) ||
	       (cpu->cr4 & ~(uint64_t)(CR4_KNOWN | CR4_OSXSAVE));
}

/* An XSAVE area: its header (SDM volume 1, 13.4.2), MXCSR and the bits it may have. */
#define XSTATE_BV 512u
#define XSTATE_REST 520u
#define MXCSR 24u
#define MXCSR_KNOWN 0xffffu

/* All parts that CPUID offers, whether XCR0 enables them or not. */
static uint64_t xstate_parts(void)
{
	return cpu_xcr0_offered() | XCR0_X87 | XCR0_SSE;
}

size_t cpu_xstate_size(void)
{
	return sizeof(uint64_t) + cpu_xsave_size(xstate_parts(), 0);
}

void cpu_save_xstate(uint8_t *to)
{
	uint64_t parts = xstate_parts();

	memcpy(to, &parts, sizeof(parts));
	backend_read_xstate(parts, to + sizeof(parts));
}

int cpu_load_xstate(const uint8_t *from)
{
	const uint8_t *area = from + sizeof(uint64_t);
	uint64_t parts, used, rest = 0;
	uint32_t mxcsr;

	memcpy(&parts, from, sizeof(parts));
	memcpy(&used, area + XSTATE_BV, sizeof(used));
	memcpy(&mxcsr, area + MXCSR, sizeof(mxcsr));
	for (unsigned i = XSTATE_REST; i < XSAVE_LEGACY; i++)
		rest |= area[i];
	if (parts != xstate_parts() || (used & ~parts) || rest || (mxcsr & ~MXCSR_KNOWN))
		return 1;
	backend_write_xstate(parts, area);
	return 0;
}

void cpu_apply(struct cpu *cpu)
{
	cpu_apply_reset(cpu);
	backend_set_tsc_aux(cpu->tsc_aux);
	backend_set_ts(!!(cpu->cr0 & CR0_TS));
	backend_set_tsd(!!(cpu->cr4 & CR4_TSD));
	for (unsigned i = 0; i < 4; i++)
		backend_set_debug(i, cpu->dr[i]);
	backend_set_debug(7, cpu->dr[7]);
	cpu_tables_changed(cpu);
	cpu_apply_segments(cpu);
	cpu_syscall_changed(cpu);
}
