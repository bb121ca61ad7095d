/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * The area of modules has no variable, and its addresses fit in 32 bits natively: they
 * stand in instructions, from the start of the area on to its end, and so does the start
 * negated, where it is subtracted. Masks and sizes have the same values, so only the
 * functions that the guest file names are looked at. They become references, as the
 * addresses of symbols are. The area keeps its size, for differences of its addresses.
 */
#include "inner.h"
#include "../insn/insn.h"
#include <string.h>

#define AREA_UD2 "\x0f\x0b"

/* The area's first address natively; 0: the guest file does not name it. */
static uint64_t area_native(const struct relocator *r, const struct relocator_area *area)
{
	for (size_t i = 0; i < r->facts->count; i++) {
		const struct relocator_fact *fact = &r->facts->facts[i];

		if (fact->kind == RELOCATOR_FACT_CONSTANT && relocator_area(r, fact) == area)
			return fact->number;
	}
	return 0;
}

/* Returns what @value, in an instruction at @linked, becomes if it is an address of an area. */
static int area_address(const struct relocator *r, uint64_t linked, uint64_t value,
			uint64_t *moved)
{
	for (size_t i = 0; i < r->area_count; i++) {
		const struct relocator_area *area = &r->areas[i];
		uint64_t native = area->size ? area_native(r, area) : 0;
		const struct relocator_fact *fact;
		int negated = value == -native;

		/* A comparison may use the first address after the area. */
		if (!native || (!negated && value - native + 1 > area->size + 1))
			continue;
		fact = relocator_function_fact(r, linked, RELOCATOR_FACT_BASE);
		if (!fact || relocator_area(r, fact) != area)
			continue;
		*moved = negated ? -area->at : value - native + area->at;
		return 1;
	}
	return 0;
}

static uint64_t area_field(const struct relocator_insn *i, unsigned at)
{
	return (uint64_t)(int64_t)(int32_t)relocator_get32(i->bytes + at);
}

void relocator_area_numbers(struct relocator *r, struct relocator_insn *i)
{
	const struct insn_fields *f = &i->f;
	int relative = f->modrm_at && f->modrm >> 6 == 0 && (f->modrm & 7) == 5;

	if (i->disp || i->imm || f->vex || f->map)
		return;
	i->disp = f->modrm_at && f->disp_size == 4 && !relative &&
		  area_address(r, i->linked, area_field(i, f->disp_at), &i->disp_value);
	i->imm = f->imm_size == 4 && f->rex & 8 &&
		 area_address(r, i->linked, area_field(i, f->imm_at), &i->imm_value);
	r->counts.starts += i->disp || i->imm;
}

/* The function's first instruction after the call of a tracer. */
static uint64_t area_entry(const struct relocator *r, uint64_t at)
{
	const uint8_t *bytes = r->image + (at - r->low);

	if (!memcmp(bytes, "\xf3\x0f\x1e\xfa", 4)) {
		bytes += 4;
		at += 4;
	}
	return *bytes == 0xe8 || !memcmp(bytes, "\x0f\x1f\x44\x00\x00", 5) ? at + 5 : at;
}

enum relocator_status relocator_loader(struct relocator *r, const struct relocator_file *f)
{
	for (size_t i = 0; i < f->symbol_count; i++) {
		const Elf64_Sym *s = &f->symbols[i];

		if (ELF64_ST_TYPE(s->st_info) != STT_FUNC || s->st_value < r->low ||
		    s->st_value >= r->high || r->high - s->st_value < 16)
			continue;
		for (size_t k = 0; k < r->facts->count; k++) {
			const struct relocator_fact *fact = &r->facts->facts[k];
			uint64_t at = s->st_value;

			if (fact->kind != RELOCATOR_FACT_LOADER ||
			    strncmp(relocator_symbol(f, s), fact->name, fact->length) ||
			    relocator_symbol(f, s)[fact->length])
				continue;	/* nor is it a clone's */
			at = area_entry(r, at);
			memcpy(r->image + (at - r->low), AREA_UD2, 2);
			r->loader_at = at + r->delta;
			return RELOCATOR_DONE;
		}
	}
	return RELOCATOR_DONE;
}
