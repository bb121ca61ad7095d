/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/* See kernel.h for the contracts. Paging: Intel SDM volume 3, chapter 4. */
#include "kernel.h"
#include "diag.h"
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define KEY_SIZE     256u               /* of the notes, to search for */
#define PAGE         4096u
#define MODULES_MOST 10000              /* so that a damaged list ends */
#define NAME_MOST    56u

#define PTE_PRESENT  1ull
#define PTE_LARGE    0x80ull
#define PTE_ADDR     0x000ffffffffff000ull

struct kernel_search {
	struct kernel *kernel;
	const struct image *image;
	const struct section *notes;
};

/* The section with the counters' notes; the largest, if there are several. */
static const struct section *kernel_notes(const struct image *image)
{
	const struct section *best = NULL;
	size_t i;

	for (i = 0; i < image->sections; i++) {
		const struct section *s = &image->section[i];

		if (s->type == SHT_NOTE && s->flags & SHF_ALLOC && s->data &&
		    (!best || s->size > best->size))
			best = s;
	}
	return best;
}

static bool kernel_is_here(const struct memory *memory, enum memory_space space,
			   uint64_t addr, const struct section *notes)
{
	uint8_t *bytes = util_alloc(notes->size + 1, 1);
	bool same = memory_read(memory, space, addr, bytes, notes->size) &&
		    !memcmp(bytes, notes->data, notes->size);

	free(bytes);
	return same;
}

/* Does the kernel stand here? Then its place is noted. */
static bool kernel_try(struct kernel_search *search, enum memory_space space,
		       uint64_t addr)
{
	const struct section *notes = search->notes;

	if ((addr - notes->addr) % PAGE ||
	    !kernel_is_here(search->kernel->memory, space, addr, notes))
		return false;
	search->kernel->space = space;
	search->kernel->shift = addr - notes->addr;
	return true;
}

static bool kernel_found(const struct memory_segment *place, void *context)
{
	return (place->has_phys &&
		kernel_try(context, MEMORY_PHYSICAL, place->phys)) ||
	       (place->has_virt &&
		kernel_try(context, MEMORY_VIRTUAL, place->virt));
}

/* The physical address for which the kernel is linked, from its headers. */
static uint64_t kernel_physical(const struct image *image, uint64_t addr)
{
	size_t count, i;
	GElf_Phdr ph;

	if (elf_getphdrnum(image->elf, &count))
		return addr;
	for (i = 0; i < count && i <= INT32_MAX; i++)
		if (gelf_getphdr(image->elf, (int)i, &ph) && ph.p_type == PT_LOAD &&
		    addr >= ph.p_vaddr && addr - ph.p_vaddr < ph.p_memsz)
			return ph.p_paddr + (addr - ph.p_vaddr);
	return addr;
}

static bool kernel_search(struct kernel_search *search, const uint64_t *slide)
{
	const struct section *notes = search->notes;
	uint64_t phys = kernel_physical(search->image, notes->addr);
	uint64_t by = slide ? *slide : 0;
	const char *info = search->kernel->memory->vmcoreinfo;
	const char *line = info ? strstr(info, "KERNELOFFSET=") : NULL;

	if (kernel_try(search, MEMORY_VIRTUAL, image_wrap(search->image, notes->addr + by)) ||
	    kernel_try(search, MEMORY_PHYSICAL, phys + by))
		return true;
	if (slide)
		return false;
	if (line && kernel_try(search, MEMORY_VIRTUAL, image_wrap(search->image,
			notes->addr + strtoull(line + 13, NULL, 16))))
		return true;
	return memory_search(search->kernel->memory, notes->data,
			     notes->size < KEY_SIZE ? notes->size : KEY_SIZE,
			     kernel_found, search);
}

static uint64_t kernel_symbol(const struct image *image, const char *name)
{
	const struct symbol *symbol = image_find(image, name);

	return symbol ? symbol->addr : 0;
}

bool kernel_find(struct kernel *kernel, const struct memory *memory,
		 const struct image *image, const uint64_t *slide)
{
	struct kernel_search search = {
		.kernel = kernel, .image = image, .notes = kernel_notes(image),
	};

	memset(kernel, 0, sizeof(*kernel));
	kernel->memory = memory;
	kernel->mode64 = image->mode64;
	if (!search.notes || !search.notes->size ||
	    !kernel_search(&search, slide)) {
		diag_error(DIAG_NOT_IN_MEMORY, image->name, "its notes are not in %s%s",
			   memory->name, slide ? " at this --slide" : "");
		return false;
	}
	kernel->modules = kernel_symbol(image, "modules");
	kernel->page_table = kernel_symbol(image, "init_top_pgt");
	kernel->five_levels = kernel_symbol(image, "__pgtable_l5_enabled");
	return true;
}

bool kernel_read_linked(const struct kernel *kernel, uint64_t addr, void *to,
			size_t size)
{
	return memory_read(kernel->memory, kernel->space, addr + kernel->shift,
			   to, size);
}

/* Physical address of @addr by the kernel's page table. */
static bool kernel_walk(const struct kernel *kernel, uint64_t addr, uint64_t *phys)
{
	uint32_t five = 0;
	int level;
	uint64_t table, entry = 0;

	if (!kernel->mode64 || !kernel->page_table)
		return false;
	if (kernel->five_levels)
		kernel_read_linked(kernel, kernel->five_levels, &five, sizeof(five));
	table = kernel->page_table + kernel->shift;
	for (level = five & 1 ? 5 : 4; level; level--) {
		unsigned int bit = 12 + 9 * (unsigned int)(level - 1);

		if (!memory_read(kernel->memory, MEMORY_PHYSICAL,
				 table + 8 * (addr >> bit & 511), &entry, 8) ||
		    !(entry & PTE_PRESENT))
			return false;
		table = entry & PTE_ADDR;
		if (level == 1 || (level < 4 && entry & PTE_LARGE)) {
			uint64_t in = (1ull << bit) - 1;

			*phys = (table & ~in) | (addr & in);
			return true;
		}
	}
	return false;
}

/* One page at most. */
static bool kernel_read_page(const struct kernel *kernel, uint64_t addr, void *to,
			     size_t size)
{
	uint64_t phys;

	if (memory_read(kernel->memory, MEMORY_VIRTUAL, addr, to, size))
		return true;
	return kernel->space == MEMORY_PHYSICAL && kernel_walk(kernel, addr, &phys) &&
	       memory_read(kernel->memory, MEMORY_PHYSICAL, phys, to, size);
}

bool kernel_read(const struct kernel *kernel, uint64_t addr, void *to, size_t size)
{
	while (size) {
		size_t part = PAGE - addr % PAGE;

		if (part > size)
			part = size;
		if (!kernel_read_page(kernel, addr, to, part))
			return false;
		addr += part;
		to = (char *)to + part;
		size -= part;
	}
	return true;
}

/* Pointers in the kernel's memory. */
static bool kernel_read_word(const struct kernel *kernel, bool linked, uint64_t addr,
			     uint64_t *value)
{
	size_t size = kernel->mode64 ? 8 : 4;

	*value = 0;
	return linked ? kernel_read_linked(kernel, addr, value, size) :
			kernel_read(kernel, addr, value, size);
}

/* "-" and "_" are one character in names of modules. */
static bool kernel_same_name(const char *a, const char *b, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if ((a[i] == '-' ? '_' : a[i]) != (b[i] == '-' ? '_' : b[i]))
			return false;
	return true;
}

/* Address of the struct module of this name; 0 if it is not in the list. */
static uint64_t kernel_module(const struct kernel *kernel, const char *name, size_t n)
{
	size_t word = kernel->mode64 ? 8 : 4;
	uint64_t at;
	char text[NAME_MOST + 1] = "";
	int i;

	if (!kernel->modules || !n || n >= NAME_MOST ||
	    !kernel_read_word(kernel, true, kernel->modules, &at))
		return 0;
	for (i = 0; i < MODULES_MOST && at; i++) {
		/* state, list.next, list.prev, name: a word each but the name */
		if (!kernel_read(kernel, at + 2 * word, text, n + 1))
			return 0;
		if (!text[n] && kernel_same_name(text, name, n))
			return at - word;
		if (!kernel_read_word(kernel, false, at, &at))
			return 0;
	}
	return 0;
}

/* Written after the module's start, in a part that is set read-only then. */
static bool kernel_is_ro_after_init(const struct section *s)
{
	return !strcmp(s->name, ".data..ro_after_init") ||
	       !strcmp(s->name, "__jump_table");
}

/* Offset of section @want among the writable sections of a loaded module. */
static uint64_t kernel_offset(const struct image *image, const struct section *want)
{
	uint64_t at = 0;
	size_t i;

	for (i = 0; i < image->sections; i++) {
		const struct section *s = &image->section[i];
		uint64_t align = s->align ? s->align : 1;

		if (!(s->flags & SHF_ALLOC) || !(s->flags & SHF_WRITE) ||
		    s->flags & SHF_EXECINSTR || !strncmp(s->name, ".init", 5) ||
		    !strcmp(s->name, ".data..percpu") || kernel_is_ro_after_init(s))
			continue;
		at = (at + align - 1) / align * align;
		if (s == want)
			break;
		at += s->size;
	}
	return at;
}

bool kernel_find_module(const struct kernel *kernel, const struct image *image,
			const struct section *data, uint64_t *shift)
{
	const struct section *this = image_section(image, ".gnu.linkonce.this_module");
	const char *base = strrchr(image->name, '/');
	uint64_t module, start;
	size_t n;

	base = base ? base + 1 : image->name;
	n = strcspn(base, ".");
	module = this ? kernel_module(kernel, base, n) : 0;
	start = module - kernel_offset(image, this ? this : data);
	if (!module || start % PAGE) {
		diag_error(DIAG_NOT_IN_MEMORY, image->name, this ?
			   (module ? "'%.*s' has another layout in memory" :
			    "no module '%.*s' is loaded") :
			   "'%.*s' is no kernel module", (int)n, base);
		return false;
	}
	*shift = start + kernel_offset(image, data) - data->addr;
	return true;
}
