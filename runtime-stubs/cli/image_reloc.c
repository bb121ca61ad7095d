/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * Lays out a relocatable file: gives each allocated section an address of its
 * own and applies the relocations among them, as a linker would that had no
 * other file. System V ABI, x86-64 (table 4.9) and i386 (chapter 4).
 *
 * LIMIT: relocations against GOT, PLT slots and thread-local storage are left
 * alone; kernel objects need none for what is read here.
 */
#include "image.h"
#include <stdlib.h>
#include <string.h>

#define LAYOUT_BASE 0x10000u    /* undefined symbols at 0 reach no section */
#define LAYOUT_GAP  64u         /* so that an end label is in no other section */

static void image_lay_out(struct image *image)
{
	uint64_t at = LAYOUT_BASE;
	size_t i;

	for (i = 0; i < image->sections; i++) {
		struct section *s = &image->section[i];
		uint64_t align = s->align;

		if (!(s->flags & SHF_ALLOC)) {
			s->addr = 0;
			continue;
		}
		if (!align || align & (align - 1) || align > 0x10000)
			align = 16;
		at = (at + align - 1) & ~(align - 1);
		s->addr = at;
		/* A section without data may claim any size. */
		at += (s->data ? s->size : s->size & 0xffffff) + LAYOUT_GAP;
	}
}

struct fixup {
	uint64_t offset;
	int64_t addend;
	uint32_t type;
	uint32_t symbol;
	bool in_place;          /* i386: the addend stands in the field */
};

enum { FIELD_NONE, FIELD_ABS32, FIELD_ABS64, FIELD_REL32, FIELD_REL64 };

static int image_field(const struct image *image, uint32_t type)
{
	if (!image->mode64) {
		switch (type) {
		case R_386_32: return FIELD_ABS32;
		case R_386_PC32:
		case R_386_PLT32: return FIELD_REL32;
		}
		return FIELD_NONE;
	}
	switch (type) {
	case R_X86_64_64: return FIELD_ABS64;
	case R_X86_64_32:
	case R_X86_64_32S: return FIELD_ABS32;
	case R_X86_64_PC32:
	case R_X86_64_PLT32: return FIELD_REL32;
	case R_X86_64_PC64: return FIELD_REL64;
	}
	return FIELD_NONE;
}

static void image_apply(struct image *image, const struct section *target,
			const struct fixup *fix, uint64_t value)
{
	int field = image_field(image, fix->type);
	uint64_t size = field == FIELD_ABS64 || field == FIELD_REL64 ? 8 : 4;
	uint8_t *p;

	if (field == FIELD_NONE || fix->offset > target->size ||
	    target->size - fix->offset < size)
		return;
	p = image->buf + target->offset + fix->offset;
	value += fix->in_place ? (uint64_t)(int32_t)get32(p) :
		 (uint64_t)fix->addend;
	if (field == FIELD_REL32 || field == FIELD_REL64)
		value -= target->addr + fix->offset;
	if (target->flags & SHF_ALLOC && (field == FIELD_ABS32 || field == FIELD_ABS64)) {
		struct pointer pointer = { target->addr + fix->offset, value };

		array_add(&image->pointers, pointer);
	}
	if (size == 8)
		put64(p, value);
	else
		put32(p, (uint32_t)value);
}

/* Address of symbol @index in the layout; 0 if it is not defined here. */
static uint64_t image_symbol_value(const struct image *image, Elf_Data *symbols,
				   uint32_t index)
{
	GElf_Sym sym;

	if (index > INT32_MAX || !gelf_getsym(symbols, (int)index, &sym) ||
	    sym.st_shndx == SHN_UNDEF || sym.st_shndx >= image->sections)
		return 0;
	return image->section[sym.st_shndx].addr + sym.st_value;
}

static void image_apply_table(struct image *image, const struct section *table)
{
	const struct section *target = &image->section[table->info];
	bool rela = table->type == SHT_RELA;
	Elf_Data *data = elf_getdata(elf_getscn(image->elf, table->index), NULL);
	Elf_Data *symbols = elf_getdata(elf_getscn(image->elf, table->link), NULL);
	size_t i, count;

	if (!data || !symbols)
		return;
	count = data->d_size / gelf_fsize(image->elf, rela ? ELF_T_RELA : ELF_T_REL,
					  1, EV_CURRENT);
	for (i = 0; i < count && i <= INT32_MAX; i++) {
		struct fixup fix = { .in_place = !rela };
		GElf_Rela with;
		GElf_Rel without;

		if (rela && gelf_getrela(data, (int)i, &with)) {
			fix.offset = with.r_offset;
			fix.addend = with.r_addend;
			fix.type = (uint32_t)GELF_R_TYPE(with.r_info);
			fix.symbol = (uint32_t)GELF_R_SYM(with.r_info);
		} else if (!rela && gelf_getrel(data, (int)i, &without)) {
			fix.offset = without.r_offset;
			fix.type = (uint32_t)GELF_R_TYPE(without.r_info);
			fix.symbol = (uint32_t)GELF_R_SYM(without.r_info);
		} else {
			return;
		}
		if (!target->code && target->flags & SHF_ALLOC)
			array_add(&image->words, target->addr + fix.offset);
		image_apply(image, target, &fix,
			    image_symbol_value(image, symbols, fix.symbol));
	}
}

/* Only plain data may be written to: never what libelf reads itself. */
static bool image_is_target(const struct section *s)
{
	return s->data && !(s->flags & SHF_COMPRESSED) &&
	       (s->type == SHT_PROGBITS || s->type == SHT_NOTE ||
		s->type == SHT_X86_64_UNWIND);
}

void image_relocate(struct image *image)
{
	size_t i;

	image_lay_out(image);
	for (i = 0; i < image->sections; i++) {
		const struct section *s = &image->section[i];

		if ((s->type != SHT_RELA && s->type != SHT_REL) || !s->data ||
		    s->link >= image->sections || s->info >= image->sections ||
		    image->section[s->link].type != SHT_SYMTAB ||
		    !image_is_target(&image->section[s->info]))
			continue;
		image_apply_table(image, s);
	}
	if (image->words.n)
		qsort(image->words.v, image->words.n, sizeof(uint64_t), util_compare_u64);
}

static bool image_is_distance(const struct image *image, uint64_t addr)
{
	const uint8_t *p = image_bytes(image, addr, 4);

	return p && get32(p) && image_section_at(image, image_wrap(image, addr +
				(uint64_t)(int64_t)(int32_t)get32(p)));
}

bool image_is_word(const struct image *image, uint64_t addr)
{
	size_t i = util_upper_bound(image->words.v, image->words.n, addr);

	const uint8_t *p = image_bytes(image, addr, 8);

	if (image->type == ET_REL)
		return i && image->words.v[i - 1] == addr;
	if (p && image_section_at(image, image->mode64 ? get64(p) : get32(p)))
		return true;
	return image_is_distance(image, addr) && image_is_distance(image, addr + 4);
}
