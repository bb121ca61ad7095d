/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/* Segment bases, selectors, descriptors, the task-switched flag. */
#include "xenpv.h"
#include "../backend.h"
#include "../../cpu/cpu.h"

#define GDT_ENTRIES 512

static uint64_t cpu_gdt_pfn;

void backend_set_fs_base(uint64_t base)
{
	xenpv_must("an FS base", xenpv_call(__HYPERVISOR_set_segment_base, SEGBASE_FS, base, 0, 0));
}

void backend_set_gs_base(int user, uint64_t base)
{
	xenpv_must("a GS base", xenpv_call(__HYPERVISOR_set_segment_base,
					   user ? SEGBASE_GS_USER : SEGBASE_GS_KERNEL, base, 0, 0));
}

int backend_set_gs_selector(uint16_t selector)
{
	return xenpv_call(__HYPERVISOR_set_segment_base, SEGBASE_GS_USER_SEL, selector, 0, 0) < 0;
}

int backend_set_selector(int which, uint16_t selector)
{
	if (selector & 4)	/* LIMIT: no local descriptor table for user mode */
		selector = 0;
	switch (which) {
	case SEG_FS:
		__asm__ volatile("movl %0, %%fs" : : "r"((uint32_t)selector));
		break;
	case SEG_DS:
		__asm__ volatile("movl %0, %%ds" : : "r"((uint32_t)selector));
		break;
	case SEG_ES:
		__asm__ volatile("movl %0, %%es" : : "r"((uint32_t)selector));
		break;
	}
	return 0;
}

void backend_set_gdt(const uint64_t *descriptors, unsigned count)
{
	static uint64_t now[GDT_ENTRIES];

	if (!cpu_gdt_pfn) {
		xen_pfn_t frame;

		cpu_gdt_pfn = xenpv_take_frame();
		frame = xenpv_mfn(cpu_gdt_pfn);
		xenpv_must("a GDT", xenpv_call(__HYPERVISOR_set_gdt, (uint64_t)&frame,
					       GDT_ENTRIES, 0, 0));
	}
	for (unsigned i = 0; i < count && i < GDT_ENTRIES; i++) {
		if (now[i] == descriptors[i])
			continue;
		now[i] = descriptors[i];
		/* LIMIT: a descriptor Xen does not like stays what it was. */
		xenpv_call(__HYPERVISOR_update_descriptor,
			   xenpv_mfn(cpu_gdt_pfn) << 12 | i * 8, now[i], 0, 0);
	}
}

void backend_set_ts(int on)
{
	xenpv_call(__HYPERVISOR_fpu_taskswitch, on, 0, 0, 0);
}
