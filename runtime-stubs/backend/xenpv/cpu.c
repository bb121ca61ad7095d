/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/* Segment bases, selectors, descriptors, the task-switched flag. */
#include "xenpv.h"
#include "../backend.h"
#include "../../cpu/cpu.h"

#define GDT_ENTRIES 512
#define LDT_ENTRIES 8192

#define MSR_TSC_AUX 0xc0000103

#define DESC_PRESENT (1ull << 47)
#define DESC_SEGMENT (1ull << 44)	/* of code or data */
#define DESC_CODE (1ull << 43)
#define DESC_READABLE (1ull << 41)	/* of code */

static VCPU_LOCAL uint64_t cpu_gdt_pfn;
static VCPU_LOCAL uint64_t cpu_gdt[GDT_ENTRIES];	/* as Xen has it */
static VCPU_LOCAL unsigned cpu_ldt_count;

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

/* Writes a descriptor to Xen's copy of the table. One that Xen refuses becomes a null
   descriptor, so that the one before it cannot be used. */
static uint64_t cpu_update_descriptor(uint64_t pfn, unsigned index, uint64_t descriptor)
{
	uint64_t at = xenpv_mfn(pfn + index / 512) << 12 | index % 512 * 8;

	/* LIMIT: a descriptor that Xen refuses is not present. */
	if (!xenpv_call(__HYPERVISOR_update_descriptor, at, descriptor, 0, 0))
		return descriptor;
	xenpv_must("a descriptor", xenpv_call(__HYPERVISOR_update_descriptor, at, 0, 0, 0));
	return 0;
}

/* Numbers past GDT_ENTRIES are Xen's own. SDM volume 3, 5.4. */
static int cpu_is_loadable(uint16_t selector)
{
	unsigned index = selector >> 3;
	uint64_t d;

	if (selector & 4)
		d = index < cpu_ldt_count ? cpu_ldt()[index] : 0;
	else if (index < GDT_ENTRIES)
		d = cpu_gdt[index];
	else
		return 1;
	return (d & DESC_PRESENT) && (d & DESC_SEGMENT) &&
	       (!(d & DESC_CODE) || (d & DESC_READABLE));
}

/* SEG_@which holds @selector. Hardware keeps the descriptor of a loaded segment register; Xen
   loads the selector again when it switches virtual processors, and faults if it cannot.
   A selector that cannot be loaded any more is replaced by null before that.
   LIMIT: user mode then sees a null selector; fs and gs keep their base. */
static void cpu_drop_stale(int which, uint16_t selector)
{
	struct cpu *cpu = &previrt_cpu;

	if (!(selector & ~3u) || cpu_is_loadable(selector))
		return;
	if (cpu->loaded[which] == selector) {
		cpu->loaded[which] = 0;
		cpu->stale |= 1u << which;
	}
	if (which == SEG_GS) {
		backend_set_gs_selector(0);
		backend_set_gs_base(1, cpu->gs_base[1]);
		return;
	}
	backend_set_selector(which, 0);
	if (which == SEG_FS)
		backend_set_fs_base(cpu->fs_base);
}

/* Descriptors were removed. Xen may have noticed during the changes and have loaded null.
   So loaded[] counts: it was read before the changes. */
static void cpu_drop_stale_selectors(void)
{
	const uint16_t *loaded = previrt_cpu.loaded;
	uint16_t ds, es, fs, gs;

	__asm__ volatile("movw %%ds, %0\nmovw %%es, %1\nmovw %%fs, %2\nmovw %%gs, %3"
			 : "=r"(ds), "=r"(es), "=r"(fs), "=r"(gs));
	cpu_drop_stale(SEG_DS, ds ? ds : loaded[SEG_DS]);
	cpu_drop_stale(SEG_ES, es ? es : loaded[SEG_ES]);
	cpu_drop_stale(SEG_FS, fs ? fs : loaded[SEG_FS]);
	cpu_drop_stale(SEG_GS, gs ? gs : loaded[SEG_GS]);
}

/* The frames of the local table stay; each change is one hypercall. */
void backend_set_ldt(unsigned first, const uint64_t *descriptors, unsigned count)
{
	const uint64_t *now = cpu_ldt();
	uint64_t pfn = xenpv_ldt_pfn + backend_vcpu * LDT_FRAMES;

	for (unsigned i = first; i < first + count && i < LDT_ENTRIES; i++)
		if (now[i] != descriptors[i - first])
			cpu_update_descriptor(pfn, i, descriptors[i - first]);
}

void backend_load_ldt(unsigned count)
{
	struct mmuext_op op = { .cmd = MMUEXT_SET_LDT };

	op.arg1.linear_addr = count ? (uint64_t)cpu_ldt() : 0;
	op.arg2.nr_ents = count;
	xenpv_must("an LDT", xenpv_call(__HYPERVISOR_mmuext_op, (uint64_t)&op, 1, 0, DOMID_SELF));
	cpu_ldt_count = count;
	cpu_drop_stale_selectors();
}

int backend_set_debug(unsigned reg, uint64_t value)
{
	if (reg == 7)
		fastpath_forbid(FASTPATH_NOT_WITH_BREAKPOINTS, !!(value & DR7_ENABLED));
	return xenpv_call(__HYPERVISOR_set_debugreg, reg, value, 0, 0) != 0;
}

uint64_t backend_get_debug(unsigned reg)
{
	return xenpv_call(__HYPERVISOR_get_debugreg, reg, 0, 0, 0);
}

static void cpu_make_gdt(void)
{
	xen_pfn_t frame;

	cpu_gdt_pfn = xenpv_take_frame();
	frame = xenpv_mfn(cpu_gdt_pfn);
	xenpv_must("a GDT", xenpv_call(__HYPERVISOR_set_gdt, (uint64_t)&frame, GDT_ENTRIES, 0, 0));
}

void backend_set_gdt(const uint64_t *descriptors, unsigned count)
{
	if (!cpu_gdt_pfn)
		cpu_make_gdt();
	for (unsigned i = 0; i < count && i < GDT_ENTRIES; i++)
		if (cpu_gdt[i] != descriptors[i])
			cpu_gdt[i] = cpu_update_descriptor(cpu_gdt_pfn, i, descriptors[i]);
	cpu_drop_stale_selectors();
}

void backend_set_ts(int on)
{
	xenpv_call(__HYPERVISOR_fpu_taskswitch, on, 0, 0, 0);
}

/* A plain cpuid shows the processor's features. Xen withholds some from all guests (AVX, where
   it is not safe); with this prefix Xen answers. */
void backend_cpuid(uint32_t leaf, uint32_t subleaf, uint32_t regs[4])
{
	__asm__ volatile(XEN_CPUID
			 : "=a"(regs[0]), "=b"(regs[1]), "=c"(regs[2]), "=d"(regs[3])
			 : "0"(leaf), "2"(subleaf));
}

int backend_set_tsc_aux(uint32_t value)
{
	int xenpv_wrmsr(uint32_t, uint64_t);

	return xenpv_wrmsr(MSR_TSC_AUX, value);
}

/* Xen emulates it and keeps a CR4 of the guest's for these bits. */
static void cpu_change_cr4(uint64_t bits, int on)
{
	uint64_t cr4;

	__asm__ volatile("movq %%cr4, %0" : "=r"(cr4));
	cr4 = on ? cr4 | bits : cr4 & ~bits;
	__asm__ volatile("movq %0, %%cr4" : : "r"(cr4));
}

/* Xen carries out rdtsc of the guest's kernel then. */
void backend_set_tsd(int on)
{
	cpu_change_cr4(CR4_TSD, on);
}

/* Xen emulates both, the second only once the first has been done. */
int backend_set_xcr0(uint64_t value)
{
	int xenpv_set_xcr0(uint64_t);

	cpu_change_cr4(CR4_OSXSAVE, 1);
	return xenpv_set_xcr0(value);
}
