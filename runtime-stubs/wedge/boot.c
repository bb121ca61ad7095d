/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * Starts the kernel as a boot loader does by Linux's 64-bit boot protocol:
 * identity page tables, a zero page, the memory map, the command line and the
 * initrd (zeropage.h).
 */
#include "entry.h"
#include "wedge.h"
#include "print.h"
#include "zeropage.h"
#include "../iface/memory.h"
#include "../board/board.h"
#include "../mmu/mmu.h"
#include <string.h>

#define LOW_END 0x9fc00ull
#define HIGH_START 0x100000ull

enum {				/* the BIOS data area */
	BDA_COM1 = 0x400, BDA_EBDA = 0x40e, BDA_EQUIPMENT = 0x410, BDA_MEMORY = 0x413,
};
#define BDA_ONE_COM (1u << 9)
#define EBDA_KIB 1

/* A decimal number of MiB in the file "memory". */
uint64_t wedge_memory_wanted(const void *bundle, size_t size)
{
	size_t length = 0;
	const uint8_t *file = bundle_find(bundle, size, "memory", &length);
	uint64_t mib = 0;

	for (size_t i = 0; file && i < length && file[i] >= '0' && file[i] <= '9'; i++)
		mib = mib * 10 + file[i] - '0';
	return mib << 20;
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
	for (uint64_t i = 0; i < 2048 && i << 21 < memory; i++)
		pd[i] = i << 21 | PTE_PS | PTE_P | PTE_W | PTE_A | PTE_D;
}

static void boot_initrd(uint8_t *page, const uint8_t *data, size_t size, uint64_t memory,
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

/* Where the kernel is, if that is not where it was linked. */
static struct bundle_moved boot_find_moved(const void *bundle, size_t size)
{
	struct bundle_moved m = { 0 };
	size_t length;
	const uint8_t *file = bundle_find(bundle, size, "moved", &length);

	if (!file)
		return m;
	if (length == sizeof(m))
		memcpy(&m, file, sizeof(m));
	if ((m.va | m.start | m.code | m.modules | m.end) % BUNDLE_MOVED_ALIGN ||
	    m.start < HIGH_START || m.start >= m.code || m.code >= m.modules || m.modules > m.end ||
	    m.end > backend_low_bytes)
		wedge_stop("the moved kernel does not fit into the guest's memory");
	mmu_window = (struct mmu_window){ m.va, m.start, m.end - m.start };
	return m;
}

/* The code behind a moved kernel is no memory of the guest's. */
static void boot_memory_map(uint8_t *page, const struct bundle_moved *moved, uint64_t memory)
{
	uint64_t start = HIGH_START;

	zeropage_e820(page, 0, LOW_END, E820_RAM);
	if (moved->end) {
		zeropage_e820(page, start, moved->code, E820_RAM);
		zeropage_e820(page, moved->code, moved->end, E820_RESERVED);
		start = moved->end;
	}
	zeropage_e820(page, start, memory, E820_RAM);
	if (backend_guest_bytes > memory)
		zeropage_e820(page, BACKEND_HOLE_END, backend_guest_bytes, E820_RAM);
}

static void boot_zero_page(const void *bundle, size_t size, uint64_t memory, uint64_t kernel_end)
{
	struct bundle_moved moved = boot_find_moved(bundle, size);
	uint8_t *page = backend_guest(AT_ZERO_PAGE);
	const uint8_t *file;
	size_t length = 0;

	file = bundle_find(bundle, size, "cmdline", &length);
	zeropage_fill(page, backend_guest(AT_CMDLINE), file, length);
	boot_memory_map(page, &moved, memory);
	file = bundle_find(bundle, size, "initrd", &length);
	if (file)
		boot_initrd(page, file, length, memory, kernel_end);
}

static const struct { const char *name; int *wanted; } boot_words[] = {
#define WEDGE_WORD(name, what) { #name, &wedge_wants_##name },
#include "words.def"
#undef WEDGE_WORD
};

/* The file "options": one word of words.def a line. */
static void wedge_read_options(const void *bundle, size_t size)
{
	size_t length, start = 0;
	const uint8_t *file = bundle_find(bundle, size, "options", &length);

	for (size_t i = 0; file && i < length; i++) {
		if (file[i] != '\n')
			continue;
		for (size_t w = 0; w < sizeof(boot_words) / sizeof(boot_words[0]); w++)
			if (i - start == strlen(boot_words[w].name) &&
			    !memcmp(file + start, boot_words[w].name, i - start))
				*boot_words[w].wanted = 1;
		start = i + 1;
	}
}

/*
 * What firmware leaves below 1 MiB: the BIOS data area (IBM PS/2 and PC BIOS
 * interface reference, section 3), the extended one, and the ACPI tables.
 */
static void boot_firmware(void)
{
	uint8_t *low = backend_guest(0);

	memset(low, 0, HIGH_START);
	zeropage_put(low, BDA_COM1, BOARD_COM1, 2);
	zeropage_put(low, BDA_EBDA, LOW_END >> 4, 2);
	zeropage_put(low, BDA_EQUIPMENT, BDA_ONE_COM, 2);
	zeropage_put(low, BDA_MEMORY, LOW_END >> 10, 2);
	low[LOW_END] = EBDA_KIB;
	board_write_tables(backend_guest(BOARD_TABLES), BOARD_TABLES);
}

static void boot_board(void)
{
	const char *bad = board_start();

	if (bad) {
		wedge_print("previrt: device %s: no place on the bus\n", bad);
		wedge_stop("the board cannot be");
	}
}

const uint8_t *boot_machine(const void *bundle, size_t size, size_t *length)
{
	const uint8_t *kernel;

	wedge_read_options(bundle, size);
	kernel = bundle_find(bundle, size, "vmlinux", length);
	if (!kernel)
		wedge_stop("there is no vmlinux in what was loaded");
	cpu_reset(&previrt_cpu);
	parts_init(bundle, size);
	boot_board();
	vcpus_init();
	mmu_code_appeared = modules_code_appeared;
	return kernel;
}

void wedge_start(const void *bundle, size_t size)
{
	uint64_t memory = backend_low_bytes, above = 0, entry, end;
	size_t length;
	const uint8_t *kernel = boot_machine(bundle, size, &length);

	cpu_apply_reset(&previrt_cpu);
	boot_firmware();
	image_find(kernel, length, &entry, &end);
	image_load(kernel, length);
	image_rewrite();
	boot_zero_page(bundle, size, memory, end);
	boot_page_tables(memory);
	previrt_cpu.rip = entry;
	previrt_cpu.r[RSI] = AT_ZERO_PAGE;
	previrt_cpu.r[RSP] = AT_STACK;
	previrt_cpu.cr3 = AT_PML4;
	mmu_set_root(AT_PML4, 0);
	if (backend_guest_bytes > memory)
		above = backend_guest_bytes - BACKEND_HOLE_END;
	wedge_print("previrt: the guest has %lu MiB; starting it at %lx\n", (memory + above) >> 20,
		    entry);
	wedge_go();
}
