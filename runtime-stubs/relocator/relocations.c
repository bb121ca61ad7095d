/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/* Reads the relocations: moves 64-bit words, marks what code refers to. */
#include "inner.h"
#include <string.h>

static int relocations_inside(const struct relocator *r, uint64_t at, uint64_t size)
{
	return at >= r->low && at < r->high && r->high - at >= size;
}

/* Returns 1 if the symbol does not move. A symbol without a section and outside the image is
   a number (offsets in the vDSO, checksums). An undefined one is 0. */
int relocator_is_constant(const struct relocator *r, const Elf64_Sym *s)
{
	return s->st_shndx == SHN_UNDEF ||
	       (s->st_shndx == SHN_ABS && (s->st_value < r->low || s->st_value > r->high));
}

void relocator_word(struct relocator *r, uint64_t at, uint64_t value)
{
	/* A value below all addresses of the kernel is a physical address. The kernel's own
	   start subtracts the difference, which is all that the move changes there. */
	if (r->late && value < r->facts->kernel_map) {
		r->counts.words_unchanged++;
		return;
	}
	value += r->delta;
	memcpy(r->image + (at - r->low), &value, sizeof(value));
	r->counts.words++;
}

/* How much the address of per-CPU data changes: they are linked at 0, and loaded where their
   segment is. */
static uint64_t relocations_per_cpu(const struct relocator *r, const Elf64_Sym *s)
{
	return r->per_cpu && s->st_value <= r->per_cpu_size && s->st_shndx != SHN_ABS && s->st_shndx != SHN_UNDEF ?
		r->per_cpu : 0;
}

/* The word in the image, not the relocation's value: a table may have been sorted after
   linking, but not its relocations. */
static void relocations_word(struct relocator *r, uint64_t at, const Elf64_Sym *s)
{
	uint64_t value;

	memcpy(&value, r->image + (at - r->low), sizeof(value));
	if (relocator_is_constant(r, s))
		r->counts.words_unchanged++;
	else
		relocator_word(r, at, value + relocations_per_cpu(r, s));
}

/* Returns 1 if the address of what is linked at 0 means a distance (RELOCATOR_FACT_PER_CPU),
   which does not move. */
static int relocations_is_offset(const struct relocator *r, const Elf64_Rela *rela, const Elf64_Sym *s)
{
	return relocations_per_cpu(r, s) && !(s->st_value + (uint64_t)rela->r_addend) &&
	       relocator_function_fact(r, rela->r_offset, RELOCATOR_FACT_PER_CPU);
}

/* A field of 32 bits that refers to per-CPU data. */
static void relocations_field(struct relocator *r, uint64_t at, const Elf64_Sym *s)
{
	uint32_t field = relocator_get32(r->image + (at - r->low)) + (uint32_t)relocations_per_cpu(r, s);

	memcpy(r->image + (at - r->low), &field, sizeof(field));
	r->counts.per_cpu += relocations_per_cpu(r, s) != 0;
}

static enum relocator_status relocations_one(struct relocator *r, const Elf64_Rela *rela,
					     const Elf64_Sym *s)
{
	uint64_t at = relocator_linked(r, rela->r_offset);

	/* Relocations that are left of a table which was sorted after linking (Linux:
	   sorttable). */
	if (ELF64_R_TYPE(rela->r_info) == R_X86_64_NONE)
		return RELOCATOR_DONE;
	if (!relocations_inside(r, at, 4))
		return relocator_fail(r, RELOCATOR_OUTSIDE, at);
	switch (ELF64_R_TYPE(rela->r_info)) {
	case R_X86_64_PC64:
		return RELOCATOR_DONE;
	case R_X86_64_64:
		if (!relocations_inside(r, at, 8))
			return relocator_fail(r, RELOCATOR_OUTSIDE, at);
		relocations_word(r, at, s);
		return RELOCATOR_DONE;
	case R_X86_64_32:
	case R_X86_64_32S:
		if (relocator_is_constant(r, s) || relocations_is_offset(r, rela, s)) {
			r->counts.references_unchanged++;
			return RELOCATOR_DONE;
		}
		if (ELF64_R_TYPE(rela->r_info) == R_X86_64_32)
			break;
		r->counts.references++;
		relocations_field(r, at, s);
		r->work[at - r->low] |= MARK_REFERENCE;
		return RELOCATOR_DONE;
	case R_X86_64_PC32:
	case R_X86_64_PLT32:
		if (s->st_shndx == SHN_ABS && relocator_is_constant(r, s))
			return relocator_fail(r, RELOCATOR_REACH, at);
		r->counts.distances++;
		relocations_field(r, at, s);
		r->work[at - r->low] |= MARK_DISTANCE;
		return RELOCATOR_DONE;
	}
	return relocator_fail(r, RELOCATOR_KIND, at);
}

static enum relocator_status relocations_section(struct relocator *r,
		const struct relocator_file *f, const Elf64_Shdr *section)
{
	const Elf64_Rela *rela = (const Elf64_Rela *)(r->file + section->sh_offset);

	for (size_t i = 0; i < section->sh_size / sizeof(*rela); i++) {
		size_t symbol = ELF64_R_SYM(rela[i].r_info);
		enum relocator_status status;

		if (symbol >= f->symbol_count)
			return relocator_fail(r, RELOCATOR_FILE, rela[i].r_offset);
		status = relocations_one(r, &rela[i], &f->symbols[symbol]);
		if (status)
			return status;
	}
	return RELOCATOR_DONE;
}

/* Returns 1 if there are relocations of code. Linux 6.12 strips all but those of a few
   tables. */
static int relocations_are_present(const struct relocator_file *f)
{
	for (size_t i = 0; i < f->section_count; i++)
		if (f->sections[i].sh_type == SHT_RELA &&
		    f->sections[f->sections[i].sh_info].sh_flags & SHF_EXECINSTR)
			return 1;
	return 0;
}

enum relocator_status relocator_relocations(struct relocator *r,
					    const struct relocator_file *f)
{
	if (!relocations_are_present(f))
		return !r->list ? RELOCATOR_NO_RELOCATIONS :
		       r->per_cpu ? RELOCATOR_PER_CPU : relocator_list(r);
	for (size_t i = 0; i < f->section_count; i++) {
		const Elf64_Shdr *s = &f->sections[i];
		enum relocator_status status;

		if (s->sh_type != SHT_RELA ||
		    !(f->sections[s->sh_info].sh_flags & SHF_ALLOC))
			continue;
		status = relocations_section(r, f, s);
		if (status)
			return status;
	}
	return RELOCATOR_DONE;
}
