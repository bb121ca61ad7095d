/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * section OBJECT GUEST-FILE: object.S is loaded as a moved kernel's module is, section by
 * section, its functions are called, and what cannot be is refused.
 */
#include "../map_file.h"
#include "../../../../runtime-stubs/relocator/relocator.h"
#include <err.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#define MODULE 0x400081000000ul
#define KERNEL 0x4000c1000000ul		/* a page: a word, a table, a function */
#define OUTLINE 0x4000c2000000ul
#define OUTLINE_SIZE 0x4000u
#define USER_END 0x3f8000000000ul

static uint8_t *file;
static Elf64_Ehdr *header;
static Elf64_Shdr *sections, *symbols_section;
static Elf64_Sym *symbols;
static const char *names;
static struct relocator_facts facts;
static unsigned failures;
static size_t outline_used;

static void is(const char *what, uint64_t got, uint64_t wanted)
{
	if (got == wanted)
		return;
	printf("%s: %#lx, wanted %#lx\n", what, got, wanted);
	failures++;
}

static void *map_at(uint64_t at, size_t size)
{
	void *memory = mmap((void *)at, size, PROT_READ | PROT_WRITE | PROT_EXEC,
			    MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);

	return memory == MAP_FAILED ? err(2, "memory at %#lx", at), NULL : memory;
}

/* What a kernel does before it relocates: sections have places, and symbols values. */
static void place(void)
{
	static const struct { const char *name; uint64_t at; } outside[] = {
		{ "kernel_word", KERNEL }, { "kernel_table", KERNEL + 8 },
		{ "kernel_function", KERNEL + 64 }, { "constant", 0x1234 },
	};
	uint64_t at = MODULE;

	for (unsigned i = 0; i < header->e_shnum; i++) {
		if (!(sections[i].sh_flags & SHF_ALLOC))
			continue;
		sections[i].sh_addr = at;
		memcpy((void *)at, file + sections[i].sh_offset, sections[i].sh_size);
		at += (sections[i].sh_size + 63) & ~63ul;
	}
	for (size_t i = 0; i < symbols_section->sh_size / sizeof(*symbols); i++) {
		if (symbols[i].st_shndx && symbols[i].st_shndx < SHN_LORESERVE)
			symbols[i].st_value += sections[symbols[i].st_shndx].sh_addr;
		for (unsigned k = 0; k < sizeof(outside) / sizeof(*outside); k++)
			if (!strcmp(names + symbols[i].st_name, outside[k].name))
				symbols[i].st_value = outside[k].at;
	}
}

static uint64_t symbol(const char *name)
{
	for (size_t i = 0; i < symbols_section->sh_size / sizeof(*symbols); i++)
		if (!strcmp(names + symbols[i].st_name, name))
			return symbols[i].st_value;
	errx(2, "no symbol %s", name);
}

static unsigned by_gs;		/* instructions of all sections */

static enum relocator_status relocate(const Elf64_Shdr *rela, const uint64_t *stays, int copied)
{
	const Elf64_Shdr *target = &sections[rela->sh_info];
	struct relocator_section s = {
		.relocations = (void *)(file + rela->sh_offset),
		.count = rela->sh_size / sizeof(Elf64_Rela), .symbols = symbols,
		.symbol_count = symbols_section->sh_size / sizeof(*symbols), .names = names,
		.names_size = sections[symbols_section->sh_link].sh_size,
		.code = !!(target->sh_flags & SHF_EXECINSTR), .copied = copied,
		.stays = stays, .stays_count = !!stays,
	};
	struct relocator r = {
		.facts = &facts, .image = (void *)target->sh_addr, .image_at = target->sh_addr,
		.image_size = target->sh_size, .user_end = USER_END,
		.outline = (void *)(OUTLINE + outline_used), .outline_at = OUTLINE + outline_used,
		.outline_size = OUTLINE_SIZE,
		.work = calloc(1, relocator_section_work(target->sh_size)),
	};
	enum relocator_status status = relocator_section(&r, &s);

	by_gs += r.counts.by_gs;
	outline_used += OUTLINE_SIZE;
	free(r.work);
	return status;
}

/* Each section with relocations as it must end. */
static void relocate_all(void)
{
	uint64_t stays;

	for (unsigned i = 0; i < header->e_shnum; i++) {
		const char *name = (char *)file + sections[header->e_shstrndx].sh_offset +
				   sections[i].sh_name;

		if (sections[i].sh_type != SHT_RELA)
			continue;
		if (!strcmp(name, ".rela.text.stays")) {
			stays = symbol("f_stays");
			is("an instruction that must stay", relocate(&sections[i], &stays, 0),
			   RELOCATOR_STAYS);
		} else if (!strcmp(name, ".rela.text.sign")) {
			is("a sign that nobody names", relocate(&sections[i], NULL, 0),
			   RELOCATOR_LIMIT);
		} else if (!strcmp(name, ".rela.text.copied")) {
			is("code that is copied", relocate(&sections[i], NULL, 1), RELOCATOR_STAYS);
		} else {
			is(name, relocate(&sections[i], NULL, 0), RELOCATOR_DONE);
		}
	}
}

static uint64_t call(const char *name, uint64_t argument)
{
	return ((uint64_t (*)(uint64_t))symbol(name))(argument);
}

static void call_all(void)
{
	uint64_t own = symbol("own_word"), table = symbol("own_table");

	is("a word of data", *(uint64_t *)own, table);
	is("a distance in data", *(int32_t *)symbol("distance") + symbol("distance"), KERNEL);
	is("f_address", call("f_address", 0), KERNEL - own);
	is("f_table", call("f_table", 2), 3 + 300);
	is("f_compare, equal", call("f_compare", KERNEL), 1);
	is("f_compare, low half equal", call("f_compare", (uint32_t)KERNEL), 0);
	is("f_store", call("f_store", 0), KERNEL);
	is("f_call", call("f_call", 0), 78);
	is("f_push", call("f_push", 0), own);
	is("f_jump 0", call("f_jump", 0), 11);
	is("f_jump 1", call("f_jump", 1), 22);
	is("f_limit", call("f_limit", 0), USER_END - 4096);
	is("f_sign, of user mode", call("f_sign", USER_END - 1), USER_END - 1);
	is("f_sign, the kernel's", call("f_sign", KERNEL) >> 18, ~0ul >> 18);
	is("f_sign, the last", call("f_sign", 0x7ffffffffffful) >> 18, ~0ul >> 18);
	is("f_sign, the upper half", call("f_sign", 1ul << 63) >> 18, ~0ul >> 18);
	is("f_constant", call("f_constant", 0), 0x1234);
}

int main(int argc, char **argv)
{
	static const uint8_t function[] = { 0xb8, 77, 0, 0, 0, 0xc3 };	/* mov $77,%eax; ret */
	uint64_t *kernel = map_at(KERNEL, 4096);
	size_t size;
	const char *text;

	if (argc < 3)
		errx(2, "usage: section OBJECT GUEST-FILE");
	text = map_file(argv[2], &size);
	if (relocator_read_facts(&facts, text, size))
		errx(1, "%s:%u: wrong", argv[2], facts.error_line);
	header = map_file(argv[1], &size);
	file = (void *)header;
	sections = (void *)(file + header->e_shoff);
	for (unsigned i = 0; i < header->e_shnum; i++)
		if (sections[i].sh_type == SHT_SYMTAB)
			symbols_section = &sections[i];
	symbols = (void *)(file + symbols_section->sh_offset);
	names = (char *)file + sections[symbols_section->sh_link].sh_offset;
	for (unsigned i = 1; i < 5; i++)
		kernel[i] = i * 100;
	memcpy((uint8_t *)kernel + 64, function, sizeof(function));
	map_at(MODULE, 0x10000);
	map_at(OUTLINE, 16 * OUTLINE_SIZE);
	place();
	relocate_all();
	is("instructions by gs", by_gs, 1);
	if (!failures)
		call_all();
	printf("section: 18 results, 3 refusals; %u wrong\n", failures);
	return failures != 0;
}
