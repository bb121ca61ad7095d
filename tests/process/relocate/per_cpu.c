/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * What the kernel's relocations refer to. Per-CPU data of a kernel for several processors
 * is linked at 0, in a segment of its own, and reached by gs.
 */
#define _GNU_SOURCE
#include "relocate.h"
#include <stdlib.h>
#include <string.h>

uint64_t segment_address(const Elf64_Phdr *segment)
{
	uint64_t away = kernel.segments[0].p_vaddr - kernel.segments[0].p_paddr;

	return segment->p_vaddr ? segment->p_vaddr : segment->p_paddr + away;
}

static void find_per_cpu(void)
{
	for (unsigned i = 0; i < kernel.header->e_phnum; i++) {
		const Elf64_Phdr *p = &kernel.segments[i];

		if (p->p_type != PT_LOAD || p->p_vaddr)
			continue;
		kernel.per_cpu = segment_address(p);
		kernel.per_cpu_size = p->p_memsz;
	}
}

static bool is_per_cpu(const Elf64_Sym *s)
{
	return kernel.per_cpu && s->st_shndx != SHN_ABS && s->st_shndx != SHN_UNDEF &&
	       s->st_value <= kernel.per_cpu_size;
}

bool is_of_distances(uint64_t at)
{
	for (size_t i = 0; i < kernel.facts.count; i++) {
		const struct relocator_fact *fact = &kernel.facts.facts[i];
		char *name = strndup(fact->name, fact->length);
		const Elf64_Sym *symbol = NULL;
		const char *found;
		size_t next = 0;

		while (fact->kind == RELOCATOR_FACT_PER_CPU && (symbol = next_symbol(name, &next, &found)) &&
		       in_image(at) - in_image(symbol->st_value) >= (symbol->st_size ? symbol->st_size : 8))
			;
		free(name);
		if (symbol)
			return true;
	}
	return false;
}

/* Nobody has defined it, so it is 0; or it is a number that no section has. */
static bool is_number(const Elf64_Sym *s)
{
	return s->st_shndx == SHN_UNDEF ||
	       (s->st_shndx == SHN_ABS && (s->st_value < kernel.low || s->st_value > kernel.high));
}

static void add(uint64_t at, unsigned bytes)
{
	uint64_t field = 0;

	memcpy(&field, linked(at), bytes);
	field += kernel.per_cpu;
	memcpy(linked(at), &field, bytes);
}

static void note(const Elf64_Rela *rela, const Elf64_Sym *symbol)
{
	uint64_t at = in_image(rela->r_offset);
	unsigned type = ELF64_R_TYPE(rela->r_info);
	bool word = type == R_X86_64_64, absolute = word || type == R_X86_64_32S;

	if ((!absolute && type != R_X86_64_PC32 && type != R_X86_64_PLT32) || is_number(symbol))
		return;
	if (absolute && is_per_cpu(symbol) && !(symbol->st_value + (uint64_t)rela->r_addend) && !word &&
	    is_of_distances(rela->r_offset))
		return;
	if (absolute)
		kernel.references[at - kernel.low] = word ? 64 : 32;
	if (is_per_cpu(symbol))
		add(at, word ? 8 : 4);
}

static void note_section(const Elf64_Shdr *s)
{
	const Elf64_Rela *rela = (void *)(kernel.file + s->sh_offset);
	const Elf64_Sym *symbols = (void *)(kernel.file + kernel.sections[s->sh_link].sh_offset);

	for (size_t k = 0; k < s->sh_size / sizeof(*rela); k++)
		note(&rela[k], &symbols[ELF64_R_SYM(rela[k].r_info)]);
}

/* The compiler's own address by gs (of the stack protector's) has no relocation. */
static void note_numbers(const Elf64_Shdr *s)
{
	uint64_t end = s->sh_addr + s->sh_size;
	ZydisDecodedInstruction insn;

	for (uint64_t at = s->sh_addr; at < end;) {
		if (!decode(linked(at), end - at, &insn, NULL)) {
			at++;
			continue;
		}
		if (insn.attributes & ZYDIS_ATTRIB_HAS_SEGMENT_GS && !insn.raw.modrm.mod &&
		    insn.raw.modrm.rm == 4 && insn.raw.sib.base == 5 && insn.raw.sib.index == 4 &&
		    !kernel.references[at + insn.raw.disp.offset - kernel.low]) {
			kernel.references[at + insn.raw.disp.offset - kernel.low] = 32;
			add(at + insn.raw.disp.offset, 4);
			kernel.per_cpu_numbers++;
		}
		at += insn.length;
	}
}

void find_references(void)
{
	size_t size = kernel.high - kernel.low;

	find_per_cpu();
	kernel.references = calloc(1, size);
	kernel.meant = malloc(size);
	memcpy(kernel.meant, kernel.image, size);
	for (unsigned i = 0; i < kernel.header->e_shnum; i++) {
		const Elf64_Shdr *s = &kernel.sections[i];

		if (s->sh_type == SHT_RELA && kernel.sections[s->sh_info].sh_flags & SHF_ALLOC)
			note_section(s);
	}
	for (unsigned i = 0; kernel.per_cpu && i < kernel.header->e_shnum; i++)
		if (is_code(&kernel.sections[i]))
			note_numbers(&kernel.sections[i]);
}
