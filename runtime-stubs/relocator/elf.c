/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/* The kernel's file. Each access is checked against the file's size. */
#include "inner.h"
#include <string.h>

static const Elf64_Ehdr *elf_header(const uint8_t *file, size_t size)
{
	const Elf64_Ehdr *h = (const Elf64_Ehdr *)file;

	if (size < sizeof(*h) || memcmp(h->e_ident, ELFMAG, SELFMAG) ||
	    h->e_ident[EI_CLASS] != ELFCLASS64 || h->e_machine != EM_X86_64 ||
	    h->e_type != ET_EXEC || h->e_phentsize != sizeof(Elf64_Phdr) ||
	    h->e_phoff > size || h->e_phnum > (size - h->e_phoff) / sizeof(Elf64_Phdr))
		return NULL;
	return h;
}

uint64_t relocator_away(const uint8_t *file)
{
	const Elf64_Ehdr *h = (const Elf64_Ehdr *)file;
	const Elf64_Phdr *p = (const Elf64_Phdr *)(file + h->e_phoff);

	for (unsigned i = 0; i < h->e_phnum; i++)
		if (p[i].p_type == PT_LOAD && p[i].p_vaddr)
			return p[i].p_vaddr - p[i].p_paddr;
	return 0;
}

enum relocator_status relocator_span(const uint8_t *file, size_t size, uint64_t *low,
				     uint64_t *high)
{
	const Elf64_Ehdr *h = elf_header(file, size);
	const Elf64_Phdr *p;
	uint64_t away, at, per_cpu = 0;

	if (!h)
		return RELOCATOR_FILE;
	p = (const Elf64_Phdr *)(file + h->e_phoff);
	away = relocator_away(file);
	*low = UINT64_MAX;
	*high = 0;
	for (unsigned i = 0; i < h->e_phnum; i++) {
		if (p[i].p_type != PT_LOAD)
			continue;
		at = p[i].p_paddr + away;
		if (at != p[i].p_vaddr && (p[i].p_vaddr || per_cpu++))
			return RELOCATOR_PER_CPU;
		if (p[i].p_memsz > INT32_MAX || at + p[i].p_memsz < at)
			return RELOCATOR_FILE;
		if (at < *low)
			*low = at;
		if (at + p[i].p_memsz > *high)
			*high = at + p[i].p_memsz;
	}
	return *high > *low && *high - *low <= INT32_MAX ? RELOCATOR_DONE : RELOCATOR_FILE;
}

/* The per-CPU data of a kernel for several processors are linked at 0. */
void relocator_per_cpu(struct relocator *r)
{
	const Elf64_Ehdr *h = (const Elf64_Ehdr *)r->file;
	const Elf64_Phdr *p = (const Elf64_Phdr *)(r->file + h->e_phoff);
	uint64_t away = relocator_away(r->file);

	for (unsigned i = 0; i < h->e_phnum; i++)
		if (p[i].p_type == PT_LOAD && !p[i].p_vaddr && away) {
			r->per_cpu = p[i].p_paddr + away;
			r->per_cpu_size = p[i].p_memsz;
		}
	r->per_cpu_at = r->per_cpu ? r->per_cpu + r->delta : 0;
}

/* All sections' data lie in the file, and tables in their sections. */
static int elf_sections_good(const struct relocator *r, const Elf64_Ehdr *h,
			     const struct relocator_file *f)
{
	if (h->e_shoff > r->file_size || h->e_shentsize != sizeof(Elf64_Shdr) ||
	    h->e_shnum > (r->file_size - h->e_shoff) / sizeof(Elf64_Shdr) || !h->e_shnum ||
	    h->e_shoff % 8)
		return 0;
	for (size_t i = 0; i < h->e_shnum; i++) {
		const Elf64_Shdr *s = &f->sections[i];

		if (s->sh_type != SHT_NOBITS &&
		    (s->sh_offset > r->file_size || s->sh_size > r->file_size - s->sh_offset))
			return 0;
		if (s->sh_type == SHT_RELA && (s->sh_info >= h->e_shnum || s->sh_offset % 8))
			return 0;
	}
	return 1;
}

static int elf_strings(const struct relocator *r, const struct relocator_file *f,
		       uint32_t index, const char **strings, size_t *size)
{
	const Elf64_Shdr *s = &f->sections[index];

	if (index >= f->section_count || s->sh_type != SHT_STRTAB || !s->sh_size ||
	    r->file[s->sh_offset + s->sh_size - 1])
		return 0;
	*strings = (const char *)r->file + s->sh_offset;
	*size = s->sh_size;
	return 1;
}

enum relocator_status relocator_file(const struct relocator *r, struct relocator_file *f)
{
	const Elf64_Ehdr *h = r->object ? NULL : elf_header(r->file, r->file_size);

	if (r->object) {
		*f = *r->object;
		return RELOCATOR_DONE;
	}
	*f = (struct relocator_file){ 0 };
	if (!h)
		return RELOCATOR_FILE;
	f->sections = (const Elf64_Shdr *)(r->file + h->e_shoff);
	f->section_count = h->e_shnum;
	if (!elf_sections_good(r, h, f) ||
	    !elf_strings(r, f, h->e_shstrndx, &f->section_names, &f->section_names_size))
		return RELOCATOR_FILE;
	for (size_t i = 0; i < f->section_count; i++) {
		const Elf64_Shdr *s = &f->sections[i];

		if (s->sh_type != SHT_SYMTAB || s->sh_offset % 8)
			continue;
		if (!elf_strings(r, f, s->sh_link, &f->names, &f->names_size))
			return RELOCATOR_FILE;
		f->symbols = (const Elf64_Sym *)(r->file + s->sh_offset);
		f->symbol_count = s->sh_size / sizeof(Elf64_Sym);
	}
	return f->symbol_count ? RELOCATOR_DONE : RELOCATOR_NO_SYMBOLS;
}

const char *relocator_symbol(const struct relocator_file *f, const Elf64_Sym *symbol)
{
	return symbol->st_name < f->names_size ? f->names + symbol->st_name : "";
}

int relocator_is(const struct relocator_fact *fact, const char *name)
{
	return !strncmp(name, fact->name, fact->length) &&
	       (!name[fact->length] || name[fact->length] == '.');
}

static const struct relocator_fact *elf_fact(const struct relocator_facts *facts,
					     const char *section, int kind)
{
	for (size_t i = 0; i < facts->count; i++) {
		const struct relocator_fact *fact = &facts->facts[i];

		if (fact->kind == kind && strlen(section) == fact->length &&
		    !memcmp(section, fact->name, fact->length))
			return fact;
	}
	return NULL;
}

const struct relocator_fact *relocator_section_fact(const struct relocator *r,
		const struct relocator_file *f, const Elf64_Shdr *section, int kind)
{
	return elf_fact(r->facts, section->sh_name < f->section_names_size ?
			f->section_names + section->sh_name : "", kind);
}

int relocator_is_copied(const struct relocator_facts *facts, const char *name)
{
	return elf_fact(facts, name, RELOCATOR_FACT_COPIED) != NULL;
}

uint64_t relocator_stays(const struct relocator_facts *facts, const char *name)
{
	const struct relocator_fact *fact = elf_fact(facts, name, RELOCATOR_FACT_STAYS);

	return fact ? fact->number : 0;
}
