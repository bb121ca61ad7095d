/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * perf takes the memory of a guest for a file, of the name that memfd_create(2) gives, and
 * places in it for the file's own addresses. So the folder has a file of that name: an ELF
 * file of symbols alone, whose values are physical addresses. Beside it, by its whole name,
 * is the wedge, for with --symfs perf looks for each file in the folder.
 */
#include "run_perf.h"
#include "diag.h"
#include "run.h"
#include <elf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MEMORY_FILE "memfd:guest (deleted)"
static const char section_names[] = "\0.text\0.symtab\0.strtab";

struct perf {
	const uint8_t *file;
	size_t size;
	const Elf64_Ehdr *ehdr;
	const Elf64_Shdr *section;
	ARRAY_OF(Elf64_Sym) symbols;
};

static bool perf_in_file(const struct perf *p, uint64_t offset, uint64_t size)
{
	return offset <= p->size && size <= p->size - offset;
}

/* Where @value is in memory; 0: nowhere. */
static uint64_t perf_physical(const struct perf *p, uint64_t value)
{
	const Elf64_Phdr *segment = (const void *)(p->file + p->ehdr->e_phoff);

	for (unsigned i = 0; i < p->ehdr->e_phnum; i++)
		if (segment[i].p_type == PT_LOAD && value - segment[i].p_vaddr < segment[i].p_memsz)
			return value - segment[i].p_vaddr + segment[i].p_paddr;
	return 0;
}

static bool perf_is_code(const struct perf *p, const Elf64_Sym *symbol)
{
	unsigned type = ELF64_ST_TYPE(symbol->st_info);

	return (type == STT_FUNC || type == STT_NOTYPE) && symbol->st_shndx < p->ehdr->e_shnum &&
	       (p->section[symbol->st_shndx].sh_flags & SHF_EXECINSTR);
}

/* The symbols of section @table. */
static void perf_add(struct perf *p, const Elf64_Shdr *table)
{
	for (uint64_t at = 0; at + sizeof(Elf64_Sym) <= table->sh_size; at += sizeof(Elf64_Sym)) {
		Elf64_Sym symbol;

		memcpy(&symbol, p->file + table->sh_offset + at, sizeof(symbol));
		if (!perf_is_code(p, &symbol))
			continue;
		symbol.st_value = perf_physical(p, symbol.st_value);
		symbol.st_info = ELF64_ST_INFO(STB_GLOBAL, STT_FUNC);
		symbol.st_shndx = 1;
		if (symbol.st_value)
			array_add(&p->symbols, symbol);
	}
}

/* The section of names that go with the symbols, or NULL: the file has none. */
static const Elf64_Shdr *perf_read(struct perf *p)
{
	const Elf64_Ehdr *ehdr = p->ehdr = (const void *)p->file;

	if (p->size < sizeof(*ehdr) || memcmp(ehdr->e_ident, ELFMAG, SELFMAG) ||
	    ehdr->e_ident[EI_CLASS] != ELFCLASS64 ||
	    !perf_in_file(p, ehdr->e_shoff, ehdr->e_shnum * sizeof(Elf64_Shdr)) ||
	    !perf_in_file(p, ehdr->e_phoff, ehdr->e_phnum * sizeof(Elf64_Phdr)))
		return NULL;
	p->section = (const void *)(p->file + ehdr->e_shoff);
	for (unsigned i = 0; i < ehdr->e_shnum; i++) {
		const Elf64_Shdr *table = &p->section[i], *names = &p->section[table->sh_link];

		if (table->sh_type != SHT_SYMTAB || table->sh_link >= ehdr->e_shnum ||
		    !perf_in_file(p, table->sh_offset, table->sh_size) ||
		    !perf_in_file(p, names->sh_offset, names->sh_size))
			continue;
		perf_add(p, table);
		return names;
	}
	return NULL;
}

static bool perf_write(const struct perf *p, const Elf64_Shdr *names, FILE *out)
{
	uint64_t size = p->symbols.n * sizeof(Elf64_Sym), at = sizeof(Elf64_Ehdr) + 5 * sizeof(Elf64_Shdr);
	Elf64_Ehdr ehdr = *p->ehdr;
	const Elf64_Shdr section[5] = {
		{ .sh_type = SHT_NULL },
		{ .sh_name = 1, .sh_type = SHT_NOBITS, .sh_flags = SHF_ALLOC | SHF_EXECINSTR,
		  .sh_size = UINT32_MAX },
		{ .sh_name = 7, .sh_type = SHT_SYMTAB, .sh_offset = at, .sh_size = size, .sh_link = 3,
		  .sh_entsize = sizeof(Elf64_Sym), .sh_addralign = 8 },
		{ .sh_name = 15, .sh_type = SHT_STRTAB, .sh_offset = at + size,
		  .sh_size = names->sh_size, .sh_addralign = 1 },
		{ .sh_name = 0, .sh_type = SHT_STRTAB, .sh_offset = at + size + names->sh_size,
		  .sh_size = sizeof(section_names), .sh_addralign = 1 },
	};

	ehdr.e_type = ET_DYN;
	ehdr.e_entry = ehdr.e_phoff = ehdr.e_phnum = 0;
	ehdr.e_shoff = sizeof(ehdr);
	ehdr.e_shnum = ARRAY_SIZE(section);
	ehdr.e_shstrndx = ARRAY_SIZE(section) - 1;
	return fwrite(&ehdr, sizeof(ehdr), 1, out) == 1 && fwrite(section, sizeof(section), 1, out) == 1 &&
	       fwrite(p->symbols.v, 1, size, out) == size &&
	       fwrite(p->file + names->sh_offset, 1, names->sh_size, out) == names->sh_size &&
	       fwrite(section_names, sizeof(section_names), 1, out) == 1;
}

/* FOLDER/WHOLE-NAME leads to @wedge. */
static bool perf_link(const char *folder, const char *wedge)
{
	char *whole = realpath(wedge, NULL), *to;
	bool good;

	if (!whole)
		return false;
	to = util_printf("%s%s", folder, whole);
	for (char *slash = strchr(to + strlen(folder) + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = 0;
		mkdir(to, 0777);
		*slash = '/';
	}
	good = !symlink(whole, to) || errno == EEXIST;
	free(to);
	free(whole);
	return good;
}

bool run_perf(const struct run *run, const char *wedge)
{
	struct perf p = { .size = 0 };
	uint8_t *file = util_read_file(run->kernel, &p.size);
	const Elf64_Shdr *names = NULL;
	char *name = util_printf("%s/" MEMORY_FILE, run->perf);
	FILE *out = NULL;
	bool good = false;

	p.file = file;
	if (!file || !(names = perf_read(&p))) {
		diag_error(DIAG_RUN_START, run->kernel, "there are no symbols for perf");
	} else {
		mkdir(run->perf, 0777);
		out = fopen(name, "w");
		good = out && perf_write(&p, names, out);
		good = (!out || !fclose(out)) && good && perf_link(run->perf, wedge);
		if (!good)
			diag_error(DIAG_RUN_START, run->perf, "a folder for perf cannot be written: %s",
				   strerror(errno));
	}
	free(p.symbols.v);
	free(name);
	free(file);
	return good;
}
