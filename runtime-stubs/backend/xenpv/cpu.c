/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/* Segment bases, selectors, descriptors, the task-switched flag. */
#include "xenpv.h"
#include "../backend.h"
#include "../../cpu/cpu.h"

#define GDT_ENTRIES 512
#define LDT_ENTRIES 8192

static VCPU_LOCAL uint64_t cpu_gdt_pfn;

void backend_set_fs_base(uint64_t base)
{
	xenpv_must("an FS base", xenpv_call(__HYPERVISOR_set_segment_base, SEGBASE_FS, base, 0, 0));
}

void backend_set_gs_base(int user, uint64_t base)
{
	xenpv_must("a GS base", xenpv_call(__HYPERVISOR_set_segment_base,
					   user ? SEGBASE_GS_USER : SEGBASE_GS_KERNEL, base, 0, 0));
}

uint64_t backend_user_base(int which)
{
	uint32_t low, high, msr = which == SEG_FS ? 0xc0000100 : 0xc0000102;

	/* Xen emulates it: FS_BASE, and the GS base that swapgs would bring. */
	asm volatile("rdmsr" : "=a"(low), "=d"(high) : "c"(msr));
	return (uint64_t)high << 32 | low;
}

int backend_set_gs_selector(uint16_t selector)
{
	return xenpv_call(__HYPERVISOR_set_segment_base, SEGBASE_GS_USER_SEL, selector, 0, 0) < 0;
}

int backend_set_selector(int which, uint16_t selector)
{
	int xenpv_load_fs(uint32_t), xenpv_load_ds(uint32_t), xenpv_load_es(uint32_t);

	switch (which) {
	case SEG_FS:
		return xenpv_load_fs(selector);
	case SEG_DS:
		return xenpv_load_ds(selector);
	case SEG_ES:
		return xenpv_load_es(selector);
	}
	return -1;
}

static const uint64_t *cpu_ldt(void)
{
	return (const uint64_t *)(WEDGE_LDT + backend_vcpu * LDT_FRAMES * 4096ull);
}

/* The local table's frames stay where they are; Xen takes changes one by one. */
void backend_set_ldt(unsigned first, const uint64_t *descriptors, unsigned count)
{
	const uint64_t *now = cpu_ldt();
	uint64_t pfn = xenpv_ldt_pfn + backend_vcpu * LDT_FRAMES;

	for (unsigned i = first; i < first + count && i < LDT_ENTRIES; i++)
		if (now[i] != descriptors[i - first])
			/* LIMIT: one that Xen does not like stays what it was */
			xenpv_call(__HYPERVISOR_update_descriptor,
				   xenpv_mfn(pfn + i / 512) << 12 | i % 512 * 8,
				   descriptors[i - first], 0, 0);
}

void backend_load_ldt(unsigned count)
{
	struct mmuext_op op = { .cmd = MMUEXT_SET_LDT };

	op.arg1.linear_addr = count ? (uint64_t)cpu_ldt() : 0;
	op.arg2.nr_ents = count;
	xenpv_must("an LDT", xenpv_call(__HYPERVISOR_mmuext_op, (uint64_t)&op, 1, 0, DOMID_SELF));
}

int backend_set_debug(unsigned reg, uint64_t value)
{
	return xenpv_call(__HYPERVISOR_set_debugreg, reg, value, 0, 0) != 0;
}

uint64_t backend_get_debug(unsigned reg)
{
	return xenpv_call(__HYPERVISOR_get_debugreg, reg, 0, 0, 0);
}

void backend_set_gdt(const uint64_t *descriptors, unsigned count)
{
	static VCPU_LOCAL uint64_t now[GDT_ENTRIES];

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

/* Both are emulated by Xen, the second only once the first has been done. */
void backend_set_xcr0(uint64_t value)
{
	uint64_t cr4;

	__asm__ volatile("movq %%cr4, %0" : "=r"(cr4));
	__asm__ volatile("movq %0, %%cr4" : : "r"(cr4 | CR4_OSXSAVE));
	__asm__ volatile("xsetbv" : : "c"(0), "a"((uint32_t)value), "d"((uint32_t)(value >> 32)));
}
