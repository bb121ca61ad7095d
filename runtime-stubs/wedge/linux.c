/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * Linux's 64-bit boot protocol: identity page tables, a zero page, the memory map, the
 * command line and the initrd (zeropage.h).
 */
#include "entry.h"
#include "wedge.h"
#include "print.h"
#include "firmware.h"
#include "zeropage.h"
#include "../iface/memory.h"
#include "../mmu/mmu.h"
#include <string.h>

/* Identity page tables for all memory below 4 GiB, with pages of 2 MiB. */
static void linux_page_tables(uint64_t memory)
{
	uint64_t *pml4 = backend_guest(AT_PML4), *pdpt = backend_guest(AT_PDPT);
	uint64_t *pd = backend_guest(AT_PD);

	memset(pml4, 0, 6 * BACKEND_PAGE);
	pml4[0] = AT_PDPT | PTE_P | PTE_W;
	for (unsigned i = 0; i < 4; i++)
		pdpt[i] = (AT_PD + i * BACKEND_PAGE) | PTE_P | PTE_W;
	for (uint64_t i = 0; i < 2048 && i << 21 < memory; i++)
		pd[i] = i << 21 | PTE_PS | PTE_P | PTE_W | PTE_A | PTE_D;
}

static void linux_initrd(uint8_t *page, const uint8_t *data, size_t size, uint64_t memory,
			uint64_t kernel_end)
{
	uint64_t at = (memory - size) & ~4095ull;

	if (size > memory || at < kernel_end) {
		wedge_print("previrt: %lu MiB of memory, the kernel ends at %lu MiB, "
			    "the initrd has %lu MiB\n", memory >> 20, kernel_end >> 20, size >> 20);
		wedge_stop("the initrd does not fit into the guest's memory");
	}
	memcpy(backend_guest(at), data, size);
	zeropage_initrd(page, at, size);
}

/* The place of a kernel that was moved. */
static struct bundle_moved linux_find_moved(const void *bundle, size_t size)
{
	struct bundle_moved m = { 0 };
	size_t length;
	const uint8_t *file = bundle_find(bundle, size, "moved", &length);

	if (!file)
		return m;
	if (length == sizeof(m))
		memcpy(&m, file, sizeof(m));
	if ((m.va | m.start | m.code | m.modules | m.end) % BUNDLE_MOVED_ALIGN ||
	    m.start < FIRMWARE_END || m.start >= m.code || m.code >= m.modules || m.modules > m.end ||
	    m.end > backend_low_bytes)
		wedge_stop("the moved kernel does not fit into the guest's memory");
	wedge_vm.no_gs = m.no_gs;
	mmu_window = (struct mmu_window){ m.va, m.start, m.end - m.start };
	return m;
}

/* The code after a moved kernel is not part of the guest's memory map. */
static void linux_memory_map(uint8_t *page, const struct bundle_moved *moved, uint64_t memory)
{
	uint64_t start = FIRMWARE_END;

	zeropage_e820(page, 0, FIRMWARE_LOW_END, E820_RAM);
	if (moved->end) {
		zeropage_e820(page, start, moved->code, E820_RAM);
		zeropage_e820(page, moved->code, moved->end, E820_RESERVED);
		start = moved->end;
	}
	zeropage_e820(page, start, memory, E820_RAM);
	if (backend_guest_bytes > memory)
		zeropage_e820(page, BACKEND_HOLE_END, backend_guest_bytes, E820_RAM);
}

static void linux_zero_page(const void *bundle, size_t size, uint64_t memory, uint64_t kernel_end)
{
	struct bundle_moved moved = linux_find_moved(bundle, size);
	uint8_t *page = backend_guest(AT_ZERO_PAGE);
	const uint8_t *file;
	size_t length = 0;

	file = bundle_find(bundle, size, "cmdline", &length);
	zeropage_fill(page, backend_guest(AT_CMDLINE), file, length);
	linux_memory_map(page, &moved, memory);
	file = bundle_find(bundle, size, "initrd", &length);
	if (file)
		linux_initrd(page, file, length, memory, kernel_end);
}

void linux_start(const void *bundle, size_t size, uint64_t entry, uint64_t kernel_end)
{
	linux_zero_page(bundle, size, backend_low_bytes, kernel_end);
	linux_page_tables(backend_low_bytes);
	previrt_cpu.rip = entry;
	previrt_cpu.r[RSI] = AT_ZERO_PAGE;
	previrt_cpu.r[RSP] = AT_STACK;
	previrt_cpu.cr3 = AT_PML4;
	mmu_set_root(AT_PML4, 0);
}
