/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * Virtual processors (xen/vcpu.h). The first is there at the start; each further
 * one has tables of its own on the way to the wedge's image, so that the same
 * addresses are other pages there: variables (VCPU_LOCAL), stack, Xen's flags.
 */
#include "entries.h"
#include "xenpv.h"
#include "../backend.h"
#include "../../wedge/entry.h"
#include <xen/vcpu.h>
#include <string.h>

#define FRAME(entry) (((entry) & ENTRY_ADDRESS) >> 12)
#define SPINS 1024u

extern uint64_t xenpv_wedge_l1[], xenpv_wedge_l2[];
extern char xenpv_vcpu_start[], xenpv_vcpu_end[], backend_stack_top[], xenpv_vcpu_entry[];
_Noreturn void xenpv_vcpu_main(unsigned vcpu);

uint64_t xenpv_first_info_mfn(void)
{
	return FRAME(xenpv_wedge_l1[WEDGE_VCPU_INFO >> 12 & 511]);
}

void xenpv_vcpu_place(unsigned vcpu, uint64_t mfn)
{
	struct vcpu_register_vcpu_info place = { .mfn = mfn };

	xenpv_must("a place for a processor's flags",
		   xenpv_call(__HYPERVISOR_vcpu_op, VCPUOP_register_vcpu_info, vcpu,
			      (uint64_t)&place, 0));
}

unsigned backend_vcpus = 1;
VCPU_LOCAL unsigned backend_vcpu;

/* Frames by level from 1; [0]: the number of the page of Xen's flags. */
static uint64_t tables[BACKEND_VCPUS_MAX][4];
static uint64_t own_pages[BACKEND_VCPUS_MAX];	/* the first one's number; 0: the image's */
static uint32_t lock;

/* Xen may have descheduled the processor that holds the lock: yield to it. */
void backend_lock(void)
{
	if (backend_vcpus == 1)
		return;
	while (__atomic_exchange_n(&lock, 1, __ATOMIC_ACQUIRE))
		for (unsigned n = 1; __atomic_load_n(&lock, __ATOMIC_RELAXED); n++) {
			__builtin_ia32_pause();
			if (!(n % SPINS))
				xenpv_call(__HYPERVISOR_sched_op, SCHEDOP_yield, 0, 0, 0);
		}
}

void backend_unlock(void)
{
	__atomic_store_n(&lock, 0, __ATOMIC_RELEASE);
}

void xenpv_vcpus_count(void)
{
	while (backend_vcpus < BACKEND_VCPUS_MAX &&
	       xenpv_call(__HYPERVISOR_vcpu_op, VCPUOP_is_up, backend_vcpus, 0, 0) >= 0)
		backend_vcpus++;
}

uint64_t xenpv_vcpu_table(unsigned vcpu, int level)
{
	return tables[vcpu][level];
}

/* Returns a copy of the first processor's @table in which entry @index leads to @frame. */
static uint64_t vcpus_copy(const uint64_t *table, unsigned index, uint64_t frame)
{
	uint64_t pfn = xenpv_take_frame(), *copy = xenpv_window(pfn);

	memcpy(copy, table, 4096);
	copy[index] = frame << 12 | ENTRY_LINK;
	xenpv_window(0);
	return xenpv_mfn(pfn);
}

/* Maps the image's pages; those that each processor has for itself are other frames. */
static uint64_t vcpus_make_image(unsigned vcpu)
{
	uint64_t table = xenpv_take_frame(), info_pfn = xenpv_take_frame(), *entries;
	uint64_t info = xenpv_mfn(info_pfn), own = xenpv_take_frame();
	unsigned first = (uint64_t)xenpv_vcpu_start >> 12 & 511;
	unsigned end = (uint64_t)xenpv_vcpu_end >> 12 & 511;

	for (unsigned i = first + 1; i < end; i++)
		xenpv_take_frame();
	entries = xenpv_window(table);
	memcpy(entries, xenpv_wedge_l1, 4096);
	for (unsigned i = first; i < end; i++)
		entries[i] = xenpv_mfn(own + i - first) << 12 | ENTRY_WRITE | ENTRY_NX;
	entries[WEDGE_VCPU_INFO >> 12 & 511] = info << 12 | ENTRY_WRITE | ENTRY_NX;
	entries[WEDGE_WINDOW >> 12 & 511] = 0;
	xenpv_window(0);
	xenpv_vcpu_place(vcpu, info);
	tables[vcpu][0] = info_pfn;
	own_pages[vcpu] = own;
	return xenpv_mfn(table);
}

/* The page of @vcpu's at @va, one of those that each has for itself. */
static uint64_t vcpus_page(unsigned vcpu, uint64_t va)
{
	if (!own_pages[vcpu])
		return machine_to_phys_mapping[FRAME(xenpv_wedge_l1[va >> 12 & 511])];
	return own_pages[vcpu] + (va >> 12) - ((uint64_t)xenpv_vcpu_start >> 12);
}

void backend_vcpu_read(unsigned vcpu, const void *own, void *to, size_t size)
{
	uint64_t va = (uint64_t)own;

	for (size_t part; size; size -= part, va += part, to = (uint8_t *)to + part) {
		const uint8_t *page;

		part = 4096 - va % 4096 < size ? 4096 - va % 4096 : size;
		if (vcpu == backend_vcpu) {
			memcpy(to, (const void *)va, part);
			continue;
		}
		page = (const uint8_t *)xenpv_window(vcpus_page(vcpu, va));
		memcpy(to, page + va % 4096, part);
		xenpv_window(0);
	}
}

void xenpv_vcpus_init(void)
{
	const uint64_t *l4 = (const uint64_t *)xenpv_start_info->pt_base;
	const uint64_t *l3 = (const uint64_t *)(WEDGE_BOOT_BASE +
		((uint64_t)machine_to_phys_mapping[FRAME(l4[511])] << 12));

	for (unsigned i = 1; i < backend_vcpus; i++) {
		uint64_t *t = tables[i];

		t[1] = vcpus_make_image(i);
		t[2] = vcpus_copy(xenpv_wedge_l2, 511, t[1]);
		t[3] = vcpus_copy(l3, 511, t[2]);
		xenpv_table_op(MMUEXT_PIN_L3_TABLE, t[3], "a processor's tables");
	}
}

/* Events are off in the wedge; xen/xen.h: struct vcpu_info. */
static void vcpus_mask(unsigned vcpu)
{
	struct vcpu_info *info = (struct vcpu_info *)xenpv_window(tables[vcpu][0]);

	info->evtchn_upcall_mask = 1;
	xenpv_window(0);
}

void backend_vcpu_start(unsigned vcpu)
{
	static struct vcpu_guest_context context;
	unsigned kernel, user;

	if (xenpv_roots_alloc(vcpu, &kernel, &user))
		wedge_stop("no tables for a processor");
	backend_table_commit(0);
	vcpus_mask(vcpu);
	memset(&context, 0, sizeof(context));
	context.flags = VGCF_in_kernel;
	context.user_regs.rip = (uint64_t)xenpv_vcpu_entry;
	context.user_regs.rsp = (uint64_t)backend_stack_top;
	context.user_regs.rdi = vcpu;
	context.user_regs.cs = FLAT_KERNEL_CS64;
	context.user_regs.ss = FLAT_KERNEL_SS64;
	context.user_regs.rflags = 2;
	context.kernel_ss = FLAT_KERNEL_SS64;
	context.kernel_sp = (uint64_t)backend_stack_top;
	context.ctrlreg[1] = xen_pfn_to_cr3(backend_table_address(user) >> 12);
	context.ctrlreg[3] = xen_pfn_to_cr3(backend_table_address(kernel) >> 12);
	xenpv_must("a processor", xenpv_call(__HYPERVISOR_vcpu_op, VCPUOP_initialise, vcpu,
					     (uint64_t)&context, 0));
	xenpv_must("a processor", xenpv_call(__HYPERVISOR_vcpu_op, VCPUOP_up, vcpu, 0, 0));
}

static int vcpus_is_running(unsigned vcpu)
{
	struct vcpu_runstate_info info;

	return xenpv_call(__HYPERVISOR_vcpu_op, VCPUOP_get_runstate_info, vcpu, (uint64_t)&info,
			  0) >= 0 && info.state == RUNSTATE_running;
}

void xenpv_vcpus_stop(void)
{
	for (unsigned i = 0; i < backend_vcpus; i++) {
		if (i == backend_vcpu)
			continue;
		xenpv_must("a processor to stop",
			   xenpv_call(__HYPERVISOR_vcpu_op, VCPUOP_down, i, 0, 0));
		while (vcpus_is_running(i))
			__builtin_ia32_pause();
	}
}

_Noreturn void xenpv_vcpu_main(unsigned vcpu)
{
	backend_vcpu = vcpu;
	backend_lock();
	xenpv_traps_init();
	xenpv_time_init();
	wedge_running_started();
}
