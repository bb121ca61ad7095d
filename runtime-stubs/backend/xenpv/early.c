/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * Maps the image where it is linked. Compiled position-independent, for it runs
 * at the other address; must touch nothing that holds absolute addresses.
 */
#include "entries.h"
#include "xenpv.h"

/* The last two levels of the wedge's own mapping; level 2 is shared with the
   guest's. */
uint64_t xenpv_wedge_l1[512] __attribute__((aligned(4096)));
uint64_t xenpv_wedge_l2[512] __attribute__((aligned(4096)));
/* At WEDGE_VCPU_INFO for the first processor. */
uint8_t xenpv_first_info[4096] __attribute__((aligned(4096)));

extern char xenpv_image[], xenpv_text_end[], xenpv_rodata_end[], xenpv_image_end[];

static long early_call(unsigned number, uint64_t a, uint64_t b, uint64_t c, uint64_t d)
{
	extern char xenpv_hypercalls[];
	register uint64_t r10 __asm__("r10") = d;
	long result;

	__asm__ volatile("call *%[to]"
			 : "=a"(result), "+D"(a), "+S"(b), "+d"(c), "+r"(r10)
			 : [to] "0"(xenpv_hypercalls + 32 * number)
			 : "rcx", "r11", "r8", "r9", "memory");
	return result;
}

static uint64_t early_pfn(const void *address)
{
	return ((uint64_t)address - WEDGE_BOOT_BASE) >> 12;
}

/* AMD APM volume 3, CPUID 80000001h. Without NX Xen refuses each entry that has it. */
static int early_has_nx(void)
{
	uint32_t a = 0x80000001, b, c = 0, d;

	__asm__ volatile(XEN_CPUID : "+a"(a), "=b"(b), "+c"(c), "=d"(d));
	return d >> 20 & 1;
}

static void early_stop(void)
{
	static const char text[] = "previrt: stopped: the processor has no NX\n";
	struct sched_shutdown crash = { .reason = SHUTDOWN_crash };

	early_call(__HYPERVISOR_console_io, CONSOLEIO_write, sizeof(text) - 1, (uint64_t)text, 0);
	early_call(__HYPERVISOR_sched_op, SCHEDOP_shutdown, (uint64_t)&crash, 0, 0);
}

void xenpv_early(struct start_info *info)
{
	const uint64_t *mfns = (const uint64_t *)info->mfn_list;
	const uint64_t *l4 = (const uint64_t *)info->pt_base;
	uint64_t first = early_pfn(xenpv_image);
	uint64_t pages = ((uint64_t)xenpv_image_end - (uint64_t)xenpv_image) >> 12;
	uint64_t l1 = early_pfn(xenpv_wedge_l1), l2 = early_pfn(xenpv_wedge_l2), l3_mfn;
	struct mmu_update update;

	if (!early_has_nx())
		early_stop();
	for (uint64_t i = 0; i < pages; i++) {
		uint64_t entry = mfns[first + i] << 12 | ENTRY_WRITE | ENTRY_NX;
		char *page = xenpv_image + (i << 12);

		if (page < xenpv_text_end)
			entry &= ~(ENTRY_W | ENTRY_NX);
		else if (page < xenpv_rodata_end || first + i == l1 || first + i == l2)
			entry &= ~ENTRY_W;
		xenpv_wedge_l1[i] = entry;
	}
	xenpv_wedge_l1[(WEDGE_SHARED_INFO >> 12) & 511] =
		info->shared_info | ENTRY_WRITE | ENTRY_NX;
	xenpv_wedge_l1[(WEDGE_VCPU_INFO >> 12) & 511] =
		mfns[early_pfn(xenpv_first_info)] << 12 | ENTRY_WRITE | ENTRY_NX;
	xenpv_wedge_l2[511] = mfns[l1] << 12 | ENTRY_LINK;
	early_call(__HYPERVISOR_update_va_mapping, (uint64_t)xenpv_wedge_l1,
		   mfns[l1] << 12 | ENTRY_READ, UVMF_TLB_FLUSH, 0);
	early_call(__HYPERVISOR_update_va_mapping, (uint64_t)xenpv_wedge_l2,
		   mfns[l2] << 12 | ENTRY_READ, UVMF_TLB_FLUSH, 0);
	l3_mfn = (l4[511] & ENTRY_ADDRESS) >> 12;
	update.ptr = l3_mfn << 12 | 511 * 8 | MMU_NORMAL_PT_UPDATE;
	update.val = mfns[l2] << 12 | ENTRY_LINK;
	early_call(__HYPERVISOR_mmu_update, (uint64_t)&update, 1, 0, DOMID_SELF);
}
