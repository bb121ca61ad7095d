/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/* The symbol that an address belongs to, for messages and for facts about functions. */
#include "inner.h"
#include <string.h>

/* The nearest symbol of the image at or before @at, functions first; or NULL. */
static const Elf64_Sym *names_nearest(const struct relocator *r,
				      const struct relocator_file *f, uint64_t at)
{
	const Elf64_Sym *best = NULL;

	for (size_t i = 0; i < f->symbol_count; i++) {
		const Elf64_Sym *s = &f->symbols[i];

		if (s->st_value < r->low || s->st_value > at || s->st_shndx == SHN_ABS ||
		    ELF64_ST_TYPE(s->st_info) > STT_FUNC)
			continue;
		if (!best || s->st_value > best->st_value ||
		    (s->st_value == best->st_value && ELF64_ST_TYPE(s->st_info) == STT_FUNC))
			best = s;
	}
	return best;
}

const struct relocator_fact *relocator_function_fact(const struct relocator *r,
						     uint64_t at, int kind)
{
	struct relocator_file f;
	const Elf64_Sym *s;

	if (relocator_file(r, &f) || !(s = names_nearest(r, &f, at)))
		return NULL;
	for (size_t i = 0; i < r->facts->count; i++)
		if (r->facts->facts[i].kind == kind &&
		    relocator_is(&r->facts->facts[i], relocator_symbol(&f, s)))
			return &r->facts->facts[i];
	return NULL;
}

/* Hexadecimal digits of @value, from @text on; returns how many. */
static size_t names_digits(char *text, uint64_t value)
{
	size_t count = 1;

	while (count < 16 && value >> count * 4)
		count++;
	for (size_t i = 0; i < count; i++)
		text[i] = "0123456789abcdef"[value >> (count - 1 - i) * 4 & 15];
	return count;
}

void relocator_name(const struct relocator *r, uint64_t at, char *text, size_t size)
{
	struct relocator_file f;
	const Elf64_Sym *s = NULL;
	const char *name = "";
	size_t used;

	if (!size)
		return;
	if (!relocator_file(r, &f))
		s = names_nearest(r, &f, at);
	if (s)
		name = relocator_symbol(&f, s);
	used = strlen(name);
	if (size < 20 || used > size - 20)
		used = size < 20 ? 0 : size - 20;
	memcpy(text, name, used);
	if (size >= 20) {
		memcpy(text + used, "+0x", 3);
		used += 3;
		used += names_digits(text + used, s ? at - s->st_value : at);
	}
	text[used] = 0;
}
