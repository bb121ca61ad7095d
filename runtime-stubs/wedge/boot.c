/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * Starts the kernel as a boot loader does by Linux's 64-bit boot protocol:
 * identity page tables, a zero page, the memory map, the command line and the
 * initrd (Documentation/x86/boot.rst; the offsets below are the protocol's).
 */
#include "entry.h"
#include "wedge.h"
#include "print.h"
#include "../backend/backend.h"
#include "../devices/ports.h"
#include "../mmu/mmu.h"
#include <string.h>

enum {				/* guest-physical places, below 1 MiB */
	AT_STACK = 0x7000, AT_ZERO_PAGE = 0x7000, AT_CMDLINE = 0x8000,
	AT_PML4 = 0x9000, AT_PDPT = 0xa000, AT_PD = 0xb000,	/* 4 of them */
};
#define LOW_END 0x9fc00ull
#define HIGH_START 0x100000ull
#define CMDLINE_MAX 2047

enum {				/* struct boot_params */
	BP_E820_COUNT = 0x1e8, BP_BOOT_FLAG = 0x1fe, BP_HEADER = 0x202,
	BP_VERSION = 0x206, BP_LOADER = 0x210, BP_LOADFLAGS = 0x211,
	BP_RAMDISK = 0x218, BP_RAMDISK_SIZE = 0x21c, BP_CMDLINE = 0x228,
	BP_ALIGNMENT = 0x230, BP_E820 = 0x2d0,
};

static void boot_put(uint8_t *page, unsigned at, uint64_t value, unsigned size)
{
	memcpy(page + at, &value, size);
}

static void boot_e820(uint8_t *page, uint64_t start, uint64_t end)
{
	unsigned at = BP_E820 + 20 * page[BP_E820_COUNT]++;

	boot_put(page, at, start, 8);
	boot_put(page, at + 8, end - start, 8);
	boot_put(page, at + 16, 1, 4);
}

/* All memory below 4 GiB where it is, in pages of 2 MiB. */
static void boot_page_tables(uint64_t memory)
{
	uint64_t *pml4 = backend_guest(AT_PML4), *pdpt = backend_guest(AT_PDPT);
	uint64_t *pd = backend_guest(AT_PD);

	memset(pml4, 0, 6 * BACKEND_PAGE);
	pml4[0] = AT_PDPT | PTE_P | PTE_W;
	for (unsigned i = 0; i < 4; i++)
		pdpt[i] = (AT_PD + i * BACKEND_PAGE) | PTE_P | PTE_W;
	for (uint64_t i = 0; i < 2048 && (i + 1) << 21 <= memory; i++)
		pd[i] = i << 21 | PTE_PS | PTE_P | PTE_W | PTE_A | PTE_D;
}

static void boot_initrd(uint8_t *page, const uint8_t *data, size_t size, uint64_t memory,
			uint64_t kernel_end)
{
	uint64_t at = (memory - size) & ~4095ull;

	if (size > memory || at < kernel_end)
		wedge_stop("the initrd does not fit into the guest's memory");
	memcpy(backend_guest(at), data, size);
	boot_put(page, BP_RAMDISK, at, 4);
	boot_put(page, BP_RAMDISK_SIZE, size, 4);
}

static void boot_zero_page(const void *bundle, size_t size, uint64_t memory, uint64_t kernel_end)
{
	uint8_t *page = backend_guest(AT_ZERO_PAGE);
	char *cmdline = backend_guest(AT_CMDLINE);
	const uint8_t *file;
	size_t length;

	memset(page, 0, BACKEND_PAGE);
	memset(cmdline, 0, BACKEND_PAGE);
	boot_put(page, BP_BOOT_FLAG, 0xaa55, 2);
	memcpy(page + BP_HEADER, "HdrS", 4);
	boot_put(page, BP_VERSION, 0x020c, 2);
	page[BP_LOADER] = 0xff;
	page[BP_LOADFLAGS] = 1;
	boot_put(page, BP_ALIGNMENT, 0x200000, 4);
	boot_put(page, BP_CMDLINE, AT_CMDLINE, 4);
	boot_e820(page, 0, LOW_END);
	boot_e820(page, HIGH_START, memory);
	file = bundle_find(bundle, size, "cmdline", &length);
	if (file)
		memcpy(cmdline, file, length < CMDLINE_MAX ? length : CMDLINE_MAX);
	for (char *p = cmdline; *p; p++)
		if (*p == '\n')
			*p = 0;
	file = bundle_find(bundle, size, "initrd", &length);
	if (file)
		boot_initrd(page, file, length, memory, kernel_end);
}

/* Words of the file "options": counts (print the counters at the end). */
static void wedge_read_options(const void *bundle, size_t size)
{
	size_t length;
	const uint8_t *file = bundle_find(bundle, size, "options", &length);

	for (size_t i = 0; file && i + 6 <= length; i++)
		if (!memcmp(file + i, "counts", 6))
			wedge_wants_counts = 1;
}

void wedge_start(const void *bundle, size_t size)
{
	uint64_t memory = backend_guest_frames() * BACKEND_PAGE, entry, end;
	const uint8_t *kernel;
	size_t length;

	wedge_read_options(bundle, size);
	kernel = bundle_find(bundle, size, "vmlinux", &length);
	if (!kernel)
		wedge_stop("there is no vmlinux in what was loaded");
	cpu_reset(&previrt_cpu);
	devices_reset();
	/* What a firmware area would hold: nothing. */
	memset(backend_guest(0), 0, HIGH_START);
	image_load(kernel, length, &entry, &end);
	boot_zero_page(bundle, size, memory, end);
	boot_page_tables(memory);
	mmu_code_appeared = modules_code_appeared;
	previrt_cpu.rip = entry;
	previrt_cpu.r[RSI] = AT_ZERO_PAGE;
	previrt_cpu.r[RSP] = AT_STACK;
	previrt_cpu.cr3 = AT_PML4;
	mmu_set_root(AT_PML4, 0);
	wedge_print("previrt: the guest has %lu MiB; starting it at %lx\n", memory >> 20, entry);
	wedge_go();
}
