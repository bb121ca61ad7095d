/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
#include "relocate.h"
#include <err.h>
#include <string.h>

static const Elf64_Shdr *symbol_table(void)
{
	const Elf64_Shdr *s = kernel.sections;

	while (s->sh_type != SHT_SYMTAB)
		s++;
	return s;
}

const Elf64_Sym *next_symbol(const char *name, size_t *at, const char **found)
{
	const Elf64_Shdr *s = symbol_table();
	const Elf64_Sym *symbols = (void *)(kernel.file + s->sh_offset);
	const char *names = (void *)(kernel.file + kernel.sections[s->sh_link].sh_offset);

	while (*at < s->sh_size / sizeof(*symbols)) {
		const Elf64_Sym *symbol = &symbols[(*at)++];

		*found = names + symbol->st_name;
		if ((!name ? ELF64_ST_TYPE(symbol->st_info) == STT_FUNC : !strcmp(*found, name)))
			return symbol;
	}
	return NULL;
}

uint64_t symbol_address(const char *name)
{
	const char *found;
	size_t at = 0;
	const Elf64_Sym *symbol = next_symbol(name, &at, &found);

	if (!symbol)
		errx(2, "the kernel has no %s", name);
	return symbol->st_value;
}
