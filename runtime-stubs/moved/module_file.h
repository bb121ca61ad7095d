/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * A module's object file, as the guest's kernel has it in memory while it loads it:
 * whole, with the address of each section in its header (sh_addr) and of each symbol
 * in the symbol table. It is read through copies, whose sizes are checked. ELF: System
 * V ABI, chapter 4.
 */
#ifndef PREVIRT_MOVED_MODULE_FILE_H
#define PREVIRT_MOVED_MODULE_FILE_H
#include <elf.h>
#include <stddef.h>
#include <stdint.h>

struct module_file {
	const Elf64_Shdr *sections;
	unsigned section_count;
	const char *section_names, *names;	/* each ends with a 0 */
	size_t section_names_size, names_size;
	const Elf64_Sym *symbols;
	size_t symbol_count;
};

/* Memory for copies. The next module_file_read frees them all. */
void module_file_init(void);
/* Returns @size zeroed bytes of it; NULL: there are fewer. */
void *module_file_room(size_t size);
/* Returns a copy of guest memory, or NULL. */
void *module_file_copy(uint64_t va, size_t size);

/* Reads the file whose section headers are at @sections; the numbers are those of its symbol
   table and of a section that is not part of the module. -1: it is not an object file. */
int module_file_read(struct module_file *m, uint64_t sections, unsigned symbols, unsigned other);
const char *module_file_section_name(const struct module_file *m, const Elf64_Shdr *s);

#endif
