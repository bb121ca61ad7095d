/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * Starts a vmlinux on a bare machine: the same file that a wedge starts on a
 * hypervisor. The loader is a 32-bit multiboot kernel. Its only module is the bundle
 * (wedge/bundle.h).
 *
 * Invariants: the kernel's bytes are not changed. The loader moves everything that it
 * needs out of the way of the kernel's segments before it loads them. If memory has no
 * room for a second copy of the kernel's file, the segments are loaded from where the
 * file stands, provided that none is overwritten before it is loaded. If something
 * does not fit, the loader says so and ends the run.
 */
#include "../devices/exit_status.h"
#include "../wedge/bundle.h"
#include "../wedge/zeropage.h"
#include <elf.h>
#include <stdint.h>
#include <string.h>

#define MULTIBOOT_STARTED 0x2badb002u
#define MULTIBOOT_MODULES (1u << 3)
#define MULTIBOOT_MAP (1u << 6)
#define MIB (1ull << 20)
#define PAGE 4096ull
#define SERIAL 0x3f8
#define PIC1_MASK 0x21
#define PIC2_MASK 0xa1
#define RAM_MAX 64

/* Page-table bits, Intel SDM volume 3, 4.5.4. */
#define PTE_P 1u
#define PTE_W 2u
#define PTE_PS 0x80u

struct multiboot {		/* Multiboot Specification, 3.3 */
	uint32_t flags, mem_lower, mem_upper, boot_device, cmdline;
	uint32_t mods_count, mods_addr, syms[4], mmap_length, mmap_addr;
};

struct ram {
	uint64_t start, end;
	uint32_t type;
};

static struct ram ram[RAM_MAX];
static unsigned ram_count;

extern char loader_end[];
_Noreturn void loader_enter(uint32_t entry, uint32_t zero_page, uint32_t cr3, uint32_t stack);
_Noreturn void loader_main(uint32_t magic, const struct multiboot *info);

static void out8(uint16_t port, uint8_t value)
{
	__asm__ volatile("outb %0, %1" : : "a"(value), "Nd"(port));
}

static void say(const char *text)
{
	for (; *text; text++) {
		if (*text == '\n')
			out8(SERIAL, '\r');
		out8(SERIAL, *text);
	}
}

static _Noreturn void fail(const char *why)
{
	say("previrt: loader: ");
	say(why);
	say("\n");
	out8(EXIT_PORT, EXIT_STOPPED);
	for (;;)
		__asm__ volatile("hlt");
}

/* Copies the memory map, because it may lie where the kernel's page tables will. */
static void read_map(const struct multiboot *info)
{
	const uint8_t *p = (const void *)info->mmap_addr, *end = p + info->mmap_length;

	while (p + 24 <= end && ram_count < RAM_MAX) {
		uint32_t size;
		uint64_t length;
		struct ram *r = &ram[ram_count++];

		memcpy(&size, p, 4);
		memcpy(&r->start, p + 4, 8);
		memcpy(&length, p + 12, 8);
		memcpy(&r->type, p + 20, 4);
		r->end = r->start + length;
		p += size + 4;
	}
}

/* The end of the memory that contains @at, at most 4 GiB. @at itself if it is not memory. */
static uint64_t ram_end(uint64_t at)
{
	for (unsigned i = 0; i < ram_count; i++)
		if (ram[i].type == E820_RAM && at >= ram[i].start && at < ram[i].end)
			return ram[i].end < PAGE * PAGE * 256 ? ram[i].end : PAGE * PAGE * 256;
	return at;
}

static void move(uint8_t *to, const uint8_t *from, size_t size)
{
	if (to <= from)
		for (size_t i = 0; i < size; i++)
			to[i] = from[i];
	else
		while (size--)
			to[size] = from[size];
}

static const Elf64_Phdr *segments(const uint8_t *image, size_t size, unsigned *count)
{
	const Elf64_Ehdr *ehdr = (const void *)image;

	if (size < sizeof(*ehdr) || memcmp(ehdr->e_ident, ELFMAG, SELFMAG) ||
	    ehdr->e_ident[EI_CLASS] != ELFCLASS64 || ehdr->e_machine != EM_X86_64 ||
	    ehdr->e_phentsize != sizeof(Elf64_Phdr) || ehdr->e_phoff > size ||
	    ehdr->e_phnum > (size - ehdr->e_phoff) / sizeof(Elf64_Phdr))
		fail("vmlinux is no ELF kernel for x86-64");
	*count = ehdr->e_phnum;
	return (const void *)(image + ehdr->e_phoff);
}

/* Checks the segments. Returns the first address after all of them. */
static uint64_t kernel_end(const uint8_t *image, size_t size)
{
	unsigned count;
	const Elf64_Phdr *p = segments(image, size, &count);
	uint64_t end = 0;

	for (; count; count--, p++) {
		if (p->p_type != PT_LOAD || !p->p_memsz)
			continue;
		if (p->p_offset > size || p->p_filesz > size - p->p_offset ||
		    p->p_filesz > p->p_memsz)
			fail("a segment of the kernel lies outside its file");
		if (p->p_paddr < (uint32_t)loader_end)
			fail("a segment of the kernel goes where the loader stands, at 1 MiB: "
			     "link it for 2 MiB or above");
		if (ram_end(p->p_paddr) < p->p_paddr ||
		    p->p_memsz > ram_end(p->p_paddr) - p->p_paddr)
			fail("the kernel does not fit into memory");
		if (p->p_paddr + p->p_memsz > end)
			end = p->p_paddr + p->p_memsz;
	}
	if (!end)
		fail("vmlinux has nothing to load");
	return end;
}

/* The boot protocol starts the kernel at a physical address. */
static uint32_t kernel_entry(const uint8_t *image, size_t size)
{
	uint64_t entry = ((const Elf64_Ehdr *)image)->e_entry;
	unsigned count;
	const Elf64_Phdr *p = segments(image, size, &count);

	for (; count; count--, p++)
		if (p->p_type == PT_LOAD && entry >= p->p_paddr && entry - p->p_paddr < p->p_memsz)
			return entry;
	fail("the entry is no physical address of the kernel, as the boot protocol wants it");
}

/* Returns the segment below @below with the highest load address, or NULL. */
static const Elf64_Phdr *kernel_highest(const uint8_t *image, size_t size, uint64_t below)
{
	unsigned count;
	const Elf64_Phdr *p = segments(image, size, &count), *highest = NULL;

	for (; count; count--, p++)
		if (p->p_type == PT_LOAD && p->p_memsz && p->p_paddr < below &&
		    (!highest || p->p_paddr > highest->p_paddr))
			highest = p;
	return highest;
}

static int overlaps(uint64_t start, uint64_t end, const uint8_t *bytes, uint64_t size)
{
	return start < (uint32_t)bytes + size && end > (uint32_t)bytes;
}

/* Returns 1 if the segments can be loaded from @image, the highest one first: no segment may
   overwrite the headers or the bytes of a later one. */
static int kernel_may_stay(const uint8_t *image, size_t size)
{
	const Elf64_Ehdr *ehdr = (const void *)image;
	const Elf64_Phdr *p, *later;

	for (p = kernel_highest(image, size, ~0ull); p; p = kernel_highest(image, size, p->p_paddr)) {
		uint64_t end = p->p_paddr + p->p_memsz;

		if (overlaps(p->p_paddr, end, image, ehdr->e_phoff + ehdr->e_phnum * sizeof(*p)))
			return 0;
		for (later = kernel_highest(image, size, p->p_paddr); later;
		     later = kernel_highest(image, size, later->p_paddr))
			if (overlaps(p->p_paddr, end, image + later->p_offset, later->p_filesz))
				return 0;
	}
	return 1;
}

static void kernel_load(const uint8_t *image, size_t size)
{
	const Elf64_Phdr *p;

	for (p = kernel_highest(image, size, ~0ull); p; p = kernel_highest(image, size, p->p_paddr)) {
		uint8_t *to = (uint8_t *)(uint32_t)p->p_paddr;

		move(to, image + p->p_offset, p->p_filesz);
		memset(to + p->p_filesz, 0, p->p_memsz - p->p_filesz);
	}
}

static void page_tables(void)
{
	uint64_t *pml4 = (uint64_t *)AT_PML4, *pdpt = (uint64_t *)AT_PDPT;
	uint64_t *pd = (uint64_t *)AT_PD;

	memset(pml4, 0, PAGE);
	memset(pdpt, 0, PAGE);
	pml4[0] = AT_PDPT | PTE_P | PTE_W;
	for (unsigned i = 0; i < 4; i++)
		pdpt[i] = (AT_PD + i * PAGE) | PTE_P | PTE_W;
	for (unsigned i = 0; i < 2048; i++)
		pd[i] = (uint64_t)i << 21 | PTE_PS | PTE_P | PTE_W;
}

/* Moves @data upwards to the end of free memory, at *@top, and lowers *@top. NULL: the room
   above @below does not suffice. */
static const uint8_t *stow(const uint8_t *data, size_t size, uint64_t *top, uint64_t below)
{
	uint64_t at = (*top - size) & ~(PAGE - 1);

	if (size > *top || at < below || at < (uint32_t)data)
		return NULL;
	move((uint8_t *)(uint32_t)at, data, size);
	*top = at;
	return (const uint8_t *)(uint32_t)at;
}

void loader_main(uint32_t magic, const struct multiboot *info)
{
	const uint32_t *module = (const uint32_t *)info->mods_addr;
	static const char no_room[] = "kernel and initrd do not fit into memory: give more";
	const uint8_t *kernel, *initrd, *text, *copy;
	size_t kernel_size, initrd_size = 0, text_size = 0, size;
	uint8_t *page = (uint8_t *)AT_ZERO_PAGE, *bundle;
	uint64_t top, end;
	uint32_t entry;

	if (magic != MULTIBOOT_STARTED || !(info->flags & MULTIBOOT_MAP) ||
	    !(info->flags & MULTIBOOT_MODULES) || !info->mods_count)
		fail("not started by multiboot with a bundle and a memory map");
	bundle = (uint8_t *)module[0];
	size = module[1] - module[0];
	read_map(info);
	kernel = bundle_find(bundle, size, "vmlinux", &kernel_size);
	if (!kernel)
		fail("there is no vmlinux in what was loaded");
	end = kernel_end(kernel, kernel_size);
	entry = kernel_entry(kernel, kernel_size);
	text = bundle_find(bundle, size, "cmdline", &text_size);
	zeropage_fill(page, (char *)AT_CMDLINE, text, text_size);
	for (unsigned i = 0; i < ram_count; i++)
		zeropage_e820(page, ram[i].start, ram[i].end, ram[i].type);

	/* The bundle has the initrd after the kernel. */
	top = ram_end(MIB);
	initrd = bundle_find(bundle, size, "initrd", &initrd_size);
	if (initrd) {
		initrd = stow(initrd, initrd_size, &top, (uint32_t)(kernel + kernel_size));
		if (!initrd || top < end)
			fail(no_room);
		zeropage_initrd(page, (uint32_t)initrd, initrd_size);
	}
	copy = stow(kernel, kernel_size, &top, end);
	if (copy)
		kernel = copy;
	else if (!kernel_may_stay(kernel, kernel_size))
		fail(no_room);
	kernel_load(kernel, kernel_size);
	page_tables();
	/* Linux's own setup code masks all lines, too: the firmware's timer still runs, and
	   the kernel has no handlers for its vectors. */
	out8(PIC1_MASK, 0xff);
	out8(PIC2_MASK, 0xff);
	loader_enter(entry, AT_ZERO_PAGE, AT_PML4, AT_STACK);
}
