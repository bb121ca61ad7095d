/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/* Frames of memory, a window to look at any of them, and the wedge's own map. */
#include "entries.h"
#include "memory.h"
#include "../../wedge/entry.h"

const uint64_t *xenpv_mfns;
uint64_t xenpv_next_pfn, xenpv_guest_pfn;

uint64_t xenpv_mfn(uint64_t pfn)
{
	return xenpv_mfns[pfn];
}

void xenpv_table_op(unsigned cmd, uint64_t mfn, const char *what)
{
	struct mmuext_op op = { .cmd = cmd };

	op.arg1.mfn = mfn;
	xenpv_must(what, xenpv_call(__HYPERVISOR_mmuext_op, (uint64_t)&op, 1, 0, DOMID_SELF));
}

uint64_t xenpv_take_frame(void)
{
	uint64_t pfn = xenpv_next_pfn++;

	if (pfn >= xenpv_start_info->nr_pages)
		wedge_stop("too little memory");
	xenpv_table_op(MMUEXT_CLEAR_PAGE, xenpv_mfns[pfn], "to clear a page");
	return pfn;
}

static uint64_t *frames_window(uint64_t pfn, uint64_t rights)
{
	uint64_t entry = pfn ? xenpv_mfns[pfn] << 12 | rights : 0;

	xenpv_must("a mapping", xenpv_call(__HYPERVISOR_update_va_mapping, WEDGE_WINDOW, entry,
					   UVMF_INVLPG, 0));
	return (uint64_t *)WEDGE_WINDOW;
}

uint64_t *xenpv_window(uint64_t pfn)
{
	return frames_window(pfn, ENTRY_WRITE);
}

const uint64_t *xenpv_window_read(uint64_t pfn)
{
	return frames_window(pfn, ENTRY_READ);
}

uint64_t xenpv_make_l1(uint64_t pfn, unsigned count, uint64_t rights)
{
	uint64_t table = xenpv_take_frame();
	uint64_t *entries = xenpv_window(table);

	for (unsigned i = 0; i < count; i++)
		entries[i] = xenpv_mfns[pfn + i] << 12 | rights;
	xenpv_window(0);
	return table;
}

static void frames_update(uint64_t table_mfn, unsigned index, uint64_t entry)
{
	struct mmu_update update = {
		.ptr = table_mfn << 12 | index * 8 | MMU_NORMAL_PT_UPDATE, .val = entry
	};

	xenpv_must("the wedge's map", xenpv_call(__HYPERVISOR_mmu_update, (uint64_t)&update, 1,
						 0, DOMID_SELF));
}

/* The level-3 table of the wedge's own slot; level-2 tables below it are made on demand. */
static uint64_t root_mfn, area_l3, area_l2[512];

void xenpv_map(uint64_t va, uint64_t l1_pfn)
{
	unsigned i3 = va >> 30 & 511;

	if (!area_l3) {
		area_l3 = xenpv_take_frame();
		frames_update(root_mfn, WEDGE_AREA >> 39 & 511, xenpv_mfns[area_l3] << 12 | ENTRY_LINK);
	}
	if (!area_l2[i3]) {
		area_l2[i3] = xenpv_take_frame();
		frames_update(xenpv_mfns[area_l3], i3, xenpv_mfns[area_l2[i3]] << 12 | ENTRY_LINK);
	}
	frames_update(xenpv_mfns[area_l2[i3]], va >> 21 & 511, xenpv_mfns[l1_pfn] << 12 | ENTRY_LINK);
}

static uint64_t heap_next = WEDGE_HEAP;

/* 2 MiB of address space and a level-1 table for each call. */
void *xenpv_map_in_heap(uint64_t pfn, unsigned count, uint64_t rights)
{
	uint64_t va = heap_next;

	xenpv_map(va, xenpv_make_l1(pfn, count, rights));
	heap_next += 1ull << 21;
	return (void *)va;
}

void *backend_memory(size_t size)
{
	uint64_t start = heap_next, count = (size + 4095) / 4096;

	for (uint64_t done = 0; done < count; done += 512) {
		unsigned n = count - done < 512 ? count - done : 512;
		uint64_t first = xenpv_next_pfn;

		for (unsigned i = 0; i < n; i++)
			xenpv_take_frame();
		xenpv_map_in_heap(first, n, ENTRY_WRITE);
	}
	if (xenpv_next_pfn > xenpv_guest_pfn)
		wedge_stop("the wedge's memory runs into the guest's");
	return (void *)start;
}

void xenpv_frames_init(void)
{
	const struct start_info *info = xenpv_start_info;
	uint64_t root = (info->pt_base - WEDGE_BOOT_BASE) >> 12;

	xenpv_mfns = (const uint64_t *)info->mfn_list;
	xenpv_guest_pfn = info->nr_pages;
	root_mfn = xenpv_mfns[root];
	/* Behind the page tables stand the stack and at least 512 KiB; all up to
	   the next 4 MiB is mapped writable, and so can hold no table. */
	xenpv_next_pfn = (root + info->nr_pt_frames + 1 + 128 + 1023) & ~1023ull;
}
