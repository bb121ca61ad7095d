/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * A kernel that is linked for the upper half of the address space, which no process of a
 * host has, is moved into the lower one (relocator/): what the wedge gets is another ELF
 * file, with the code that went out of line behind the image, and where both are.
 */
#include "../relocator/relocator.h"
#include "../wedge/bundle.h"
#include "diag.h"
#include "options.h"
#include "run.h"
#include <elf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define USER_END UINT64_C(0x800000000000)	/* of a process of the host */
#define DIRECT_MAP UINT64_C(0x4000c0000000)	/* the guest's memory, as its kernel sees it */
#define GUEST_USER_END UINT64_C(0x3f8000000000)
#define OUTLINE_SIZE UINT64_C(0x40000)
#define MODULES_SIZE UINT64_C(0x100000)	/* the same, of modules */
#define MODULES UINT64_C(0x400081000000)	/* near the image; as much as Linux takes natively */
/* Linux's first tables map so much, from the image's start on. */
#define EARLY UINT64_C(0x200000)

struct move {
	const char *path;
	const uint8_t *file;
	size_t size;
	uint64_t low, high;	/* linked addresses */
	uint64_t away;		/* physical addresses are so much less */
	uint8_t *image;		/* from low on, and the code behind it */
	uint64_t image_size, outline;
	uint64_t per_cpu;	/* moved; 0: there is none */
	uint64_t loader;	/* where the kernel's loader of modules traps */
	bool no_gs;		/* nothing goes by gs */
};

static const struct relocator_area move_areas[] = {
	{ "direct_map", DIRECT_MAP, 0 }, { "vmalloc", UINT64_C(0x500000000000), 0 },
	{ "vmemmap", UINT64_C(0x700000000000), 0 },
	{ "cpu_entry_area", UINT64_C(0x7c0000000000), 0 },
	{ "modules", MODULES, UINT64_C(0x3f000000) },
};
_Static_assert(ARRAY_SIZE(move_areas) <= BUNDLE_AREAS, "room for areas");

static void move_segment(const struct move *m, unsigned i, Elf64_Phdr *p)
{
	const Elf64_Ehdr *ehdr = (const void *)m->file;

	memcpy(p, m->file + ehdr->e_phoff + i * sizeof(*p), sizeof(*p));
	if (p->p_type == PT_LOAD && m->away)	/* per-CPU data is linked elsewhere */
		p->p_vaddr = p->p_paddr + m->away;
}

bool run_move_needed(const uint8_t *file)
{
	const Elf64_Ehdr *ehdr = (const void *)file;
	const struct move m = { .file = file };
	Elf64_Phdr p;

	for (unsigned i = 0; i < ehdr->e_phnum; i++) {
		move_segment(&m, i, &p);
		if (p.p_type == PT_LOAD && p.p_vaddr >= USER_END)
			return true;
	}
	return false;
}

/* The image as it is loaded, but where the relocator refuses the file's segments. */
static bool move_load(struct move *m)
{
	const Elf64_Ehdr *ehdr = (const void *)m->file;
	Elf64_Phdr p;

	if (!relocator_work_size(m->file, m->size))
		return true;
	m->low = UINT64_MAX;
	m->away = relocator_away(m->file);
	for (unsigned i = 0; i < ehdr->e_phnum; i++) {
		move_segment(m, i, &p);
		if (p.p_type != PT_LOAD)
			continue;
		if (p.p_vaddr < m->low)
			m->low = p.p_vaddr;
		if (p.p_vaddr + p.p_memsz > m->high)
			m->high = p.p_vaddr + p.p_memsz;
		if (p.p_offset > m->size || p.p_filesz > m->size - p.p_offset ||
		    p.p_filesz > p.p_memsz)
			return false;
	}
	m->outline = (m->high - m->low + BUNDLE_MOVED_ALIGN - 1) & -(uint64_t)BUNDLE_MOVED_ALIGN;
	m->image_size = m->outline + OUTLINE_SIZE;
	m->image = util_alloc(m->image_size, 1);
	for (unsigned i = 0; i < ehdr->e_phnum; i++) {
		move_segment(m, i, &p);
		if (p.p_type == PT_LOAD && p.p_filesz)
			memcpy(m->image + (p.p_vaddr - m->low), m->file + p.p_offset, p.p_filesz);
	}
	return true;
}

static bool move_facts(struct relocator_facts *facts, char **text)
{
	char *path = path_guest("linux");
	size_t size;
	bool good;

	*text = path ? (char *)util_read_file(path, &size) : NULL;
	good = *text && !relocator_read_facts(facts, *text, size);
	if (!good)
		diag_error(DIAG_OPEN, path ? path : "linux.guest", "what moving a kernel takes cannot "
			   "be read");
	free(path);
	return good;
}

/* Where the kernel's file has no relocations: by a list of them beside it. */
static enum relocator_status move_by_list(const struct move *m, struct relocator *r)
{
	uint8_t *list = run_move_list(m->path, &r->list_size);
	enum relocator_status status = RELOCATOR_NO_RELOCATIONS;

	r->list = list;
	if (list)
		status = relocator_move(r);
	free(list);
	return status;
}

static bool move_relocate(struct move *m, const struct relocator_facts *facts)
{
	uint64_t at = DIRECT_MAP + m->low - m->away;
	struct relocator r = {
		.file = m->file, .file_size = m->size, .facts = facts,
		.image = m->image, .image_at = at,
		.outline = m->image + m->outline, .outline_at = at + m->outline,
		.outline_size = OUTLINE_SIZE, .user_end = GUEST_USER_END,
		.areas = move_areas, .area_count = ARRAY_SIZE(move_areas),
	};
	enum relocator_status status;
	char name[128] = "";

	r.work = util_alloc(relocator_work_size(m->file, m->size) + 1, 1);
	status = relocator_move(&r);
	if (status == RELOCATOR_NO_RELOCATIONS)
		status = move_by_list(m, &r);
	if (status && r.error_at)
		relocator_name(&r, r.error_at, name, sizeof(name));
	if (status)
		diag_error(DIAG_RUN_KERNEL, m->path, "linked for the upper half of the address space, "
			   "which no process of a host has, and it cannot be moved: %s%s%s%s",
			   relocator_strerror(status), *name ? " (" : "", name, *name ? ")" : "");
	m->loader = r.loader_at;
	m->per_cpu = r.per_cpu_at;
	m->no_gs = !r.counts.by_gs;
	free(r.work);
	return !status;
}

/* The new file: headers, and the image with all behind it. */
static uint8_t *move_file(const struct move *m, size_t *size)
{
	const Elf64_Ehdr *old = (const void *)m->file;
	size_t headers = sizeof(*old) + (old->e_phnum + 1u) * sizeof(Elf64_Phdr);
	uint64_t delta = DIRECT_MAP - m->away;
	uint8_t *file = util_alloc(headers + m->image_size, 1);
	Elf64_Ehdr *ehdr = (void *)file;
	Elf64_Phdr *p = (void *)(file + sizeof(*ehdr));

	*ehdr = *old;
	ehdr->e_phoff = sizeof(*ehdr);
	ehdr->e_shoff = ehdr->e_shnum = ehdr->e_shstrndx = 0;
	ehdr->e_phnum = 0;
	for (unsigned i = 0; i < old->e_phnum; i++) {
		move_segment(m, i, p);
		if (p->p_type != PT_LOAD && (p->p_type != PT_NOTE || p->p_vaddr < m->low ||
					     p->p_vaddr + p->p_filesz > m->high))
			continue;
		p->p_offset = headers + (p->p_vaddr - m->low);
		p->p_vaddr += delta;
		p++;
		ehdr->e_phnum++;
	}
	*p = (Elf64_Phdr){
		.p_type = PT_LOAD, .p_flags = PF_R | PF_X, .p_offset = headers + m->outline,
		.p_vaddr = m->low + delta + m->outline, .p_paddr = m->low - m->away + m->outline,
		.p_filesz = OUTLINE_SIZE, .p_memsz = OUTLINE_SIZE + MODULES_SIZE, .p_align = BUNDLE_MOVED_ALIGN,
	};
	ehdr->e_phnum++;
	memcpy(file + headers, m->image, m->image_size);
	*size = headers + m->image_size;
	return file;
}

/* Code that runs at its physical address has literals behind the image. */
static bool move_fits(const struct move *m)
{
	uint64_t mapped = (m->high - m->low + EARLY - 1) & -EARLY;

	if (m->image_size <= mapped)
		return true;
	diag_error(DIAG_RUN_KERNEL, m->path, "its image ends %llu KiB below a multiple of 2 MiB: moving "
		   "it takes %llu KiB there, which it maps itself when it starts",
		   (unsigned long long)((mapped - (m->high - m->low)) >> 10),
		   (unsigned long long)((m->image_size - (m->high - m->low)) >> 10));
	return false;
}

/* What the wedge has to know. */
static struct bundle_moved move_told(const struct move *m)
{
	uint64_t start = m->low - m->away;
	struct bundle_moved moved = {
		.va = DIRECT_MAP + start, .start = start, .code = start + m->outline,
		.modules = start + m->image_size, .end = start + m->image_size + MODULES_SIZE,
		.loader = m->loader, .user_end = GUEST_USER_END, .per_cpu = m->per_cpu,
		.no_gs = m->no_gs,
	};

	for (size_t i = 0; i < ARRAY_SIZE(move_areas); i++) {
		memcpy(moved.area[i].name, move_areas[i].name, strlen(move_areas[i].name));
		moved.area[i].at = move_areas[i].at;
		moved.area[i].size = move_areas[i].size;
	}
	return moved;
}

uint8_t *run_move(const char *path, const uint8_t *file, size_t *size, struct bundle_moved *moved,
		  char **text)
{
	struct move m = { .path = path, .file = file, .size = *size };
	struct relocator_facts *facts = util_alloc(1, sizeof(*facts));
	uint8_t *new = NULL;

	*text = NULL;
	if (!move_load(&m))
		diag_error(DIAG_RUN_KERNEL, path, "a segment lies outside the file");
	else if (move_facts(facts, text) && move_relocate(&m, facts) && move_fits(&m))
		new = move_file(&m, size);
	if (new)
		*moved = move_told(&m);
	free(m.image);
	free(facts);
	return new;
}

uint64_t run_moved_by(const char *path)
{
	struct move m = { .path = path };
	uint8_t *file = util_read_file(path, &m.size);
	const Elf64_Ehdr *ehdr = (const void *)file;
	uint64_t away = 0;
	Elf64_Phdr p;

	m.file = file;
	for (unsigned i = 0; file && run_move_needed(file) && !away && i < ehdr->e_phnum; i++) {
		move_segment(&m, i, &p);
		if (p.p_type == PT_LOAD)
			away = DIRECT_MAP - (p.p_vaddr - p.p_paddr);
	}
	free(file);
	return away;
}
