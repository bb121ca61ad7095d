/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * Decodes all code once, from symbol to symbol, and has those instructions rewritten
 * that hold a marked reference. That each mark is met, at a field of an instruction,
 * shows that the boundaries are right.
 */
#include "inner.h"
#include <string.h>

#define SWEEP_RANGES 16
#define INT3 0xcc
#define SEGMENT_GS 0x65

struct sweep {
	struct relocator *r;
	const struct relocator_file *f;
	/* Functions that run at physical addresses. */
	struct {
		uint64_t from, to;
	} identity[SWEEP_RANGES];
	unsigned ranges;
	int copied;		/* this section's code is copied elsewhere */
};

static void sweep_symbols(struct sweep *sweep)
{
	struct relocator *r = sweep->r;

	for (size_t i = 0; i < sweep->f->symbol_count; i++) {
		const Elf64_Sym *s = &sweep->f->symbols[i];

		if (s->st_value < r->low || s->st_value >= r->high ||
		    s->st_shndx == SHN_ABS || s->st_shndx == SHN_UNDEF ||
		    ELF64_ST_TYPE(s->st_info) > STT_FUNC)
			continue;
		r->work[s->st_value - r->low] |= MARK_SYMBOL;
		for (size_t k = 0; k < r->facts->count && s->st_size; k++)
			if (r->facts->facts[k].kind == RELOCATOR_FACT_IDENTITY &&
			    sweep->ranges < SWEEP_RANGES &&
			    relocator_is(&r->facts->facts[k], relocator_symbol(sweep->f, s))) {
				sweep->identity[sweep->ranges].from = s->st_value;
				sweep->identity[sweep->ranges++].to = s->st_value + s->st_size;
			}
	}
}

static int sweep_inside(const struct relocator *r, const Elf64_Shdr *s)
{
	return s->sh_addr >= r->low && s->sh_addr <= r->high &&
	       s->sh_size <= r->high - s->sh_addr;
}

/* Instructions that the kernel's own tables name, for a fault in them say, stand where
   they stood: none of them went out of line. */
static enum relocator_status sweep_stays(struct sweep *sweep)
{
	struct relocator *r = sweep->r;

	for (size_t i = 0; i < sweep->f->section_count; i++) {
		const Elf64_Shdr *s = &sweep->f->sections[i];
		const struct relocator_fact *fact = relocator_section_fact(r, sweep->f, s,
							RELOCATOR_FACT_STAYS);

		if (!fact || fact->number < 4 || !sweep_inside(r, s))
			continue;
		for (uint64_t at = s->sh_addr; at + fact->number <= s->sh_addr + s->sh_size;
		     at += fact->number) {
			uint64_t insn = at + (uint64_t)(int64_t)(int32_t)relocator_get32(
						r->image + (at - r->low));

			if (insn >= r->low && insn < r->high &&
			    r->work[insn - r->low] & MARK_OUT_OF_LINE)
				return relocator_fail(r, RELOCATOR_STAYS, insn);
		}
	}
	return RELOCATOR_DONE;
}

/* What a field refers to. In an object file the field has only the low half, and its target
   is near. */
static uint64_t sweep_value(const struct relocator *r, const struct relocator_insn *i,
			    const uint8_t *field)
{
	uint32_t low = relocator_get32(field);

	if (r->object)
		return i->at + (uint64_t)(int64_t)(int32_t)(low - (uint32_t)i->at);
	return r->delta + (uint64_t)(int64_t)(int32_t)low;
}

/* Finds the fields that are references, and clears their marks. A mark that remains was not
   met. */
static enum relocator_status sweep_fields(struct sweep *sweep, struct relocator_insn *i)
{
	uint8_t *marks = sweep->r->work + (i->linked - sweep->r->low);
	struct relocator *r = sweep->r;

	for (unsigned k = 0; k < i->f.len; k++) {
		int disp = i->f.disp_at == k && i->f.disp_size == 4;
		int imm = i->f.imm_at == k && i->f.imm_size == 4;

		if (!(marks[k] & (MARK_REFERENCE | MARK_DISTANCE)) || !k)
			continue;
		if (!disp && !imm)
			return relocator_fail(r, RELOCATOR_FIELD, i->linked);
		if (marks[k] & MARK_REFERENCE) {
			uint64_t value = sweep_value(r, i, i->bytes + k);

			i->disp |= disp;
			i->imm |= imm;
			*(disp ? &i->disp_value : &i->imm_value) = value;
		}
		marks[k] &= (uint8_t)~(MARK_REFERENCE | MARK_DISTANCE);
	}
	return RELOCATOR_DONE;
}

/* An address relative to gs that has no relocation: Linux's stack protector has one in all
   code. It is moved together with the base of gs. */
static void sweep_per_cpu(struct relocator *r, struct relocator_insn *i)
{
	if (!r->per_cpu_at || i->f.segment != SEGMENT_GS || i->disp || !relocator_is_absolute(&i->f))
		return;
	i->disp = 1;
	i->disp_value = r->per_cpu_at + (uint64_t)(int64_t)(int32_t)relocator_get32(i->bytes + i->f.disp_at);
	r->counts.per_cpu_numbers++;
}

static enum relocator_status sweep_insn(struct sweep *sweep, struct relocator_insn *i)
{
	struct relocator *r = sweep->r;
	enum relocator_status status = sweep_fields(sweep, i);

	r->counts.by_gs += i->f.segment == SEGMENT_GS;
	if (!status)
		status = relocator_limit(r, i);
	if (!status) {
		relocator_area_numbers(r, i);
		sweep_per_cpu(r, i);
	}
	if (status || !(i->disp || i->imm))
		return status;
	if (sweep->copied)
		return relocator_fail(r, RELOCATOR_STAYS, i->linked);
	r->identity = 0;
	for (unsigned k = 0; k < sweep->ranges; k++)
		r->identity |= i->linked >= sweep->identity[k].from &&
			       i->linked < sweep->identity[k].to;
	return relocator_rewrite(r, i);
}

/* If a symbol is inside the instruction, these bytes are no instruction: returns the bytes
   up to it. */
static unsigned sweep_cut(const struct relocator *r, uint64_t at, unsigned len)
{
	for (unsigned k = 1; k < len; k++)
		if (r->work[at + k - r->low] & MARK_SYMBOL)
			return k;
	return 0;
}

static enum relocator_status sweep_section(struct sweep *sweep, uint64_t at, uint64_t end)
{
	struct relocator *r = sweep->r;

	while (at < end) {
		struct relocator_insn i = { .linked = at, .at = at + r->delta,
					    .bytes = r->image + (at - r->low) };
		unsigned len, cut;
		enum relocator_status status;

		/* What fills a section, mostly; what went out of line with what is ahead. */
		if (*i.bytes == INT3 || r->work[at - r->low] & MARK_OUT_OF_LINE) {
			at++;
			continue;
		}
		len = (unsigned)insn_fields(&i.f, i.bytes, end - at);
		cut = sweep_cut(r, at, len);
		if (!len || cut) {
			r->counts.undecoded += !len;
			r->counts.resyncs += cut != 0;
			at += cut ? cut : 1;
			continue;
		}
		r->counts.instructions++;
		status = sweep_insn(sweep, &i);
		if (status)
			return status;
		at += len;
	}
	return RELOCATOR_DONE;
}

/* A reference that is in no instruction. */
static enum relocator_status sweep_left(struct relocator *r)
{
	for (uint64_t at = r->low; at < r->high; at++)
		if (r->work[at - r->low] & MARK_REFERENCE)
			return relocator_fail(r, RELOCATOR_OUTSIDE, at);
	return RELOCATOR_DONE;
}

enum relocator_status relocator_sweep(struct relocator *r, const struct relocator_file *f)
{
	struct sweep sweep = { .r = r, .f = f };
	enum relocator_status status = RELOCATOR_DONE;

	sweep_symbols(&sweep);
	for (size_t i = 0; i < f->section_count && !status; i++) {
		const Elf64_Shdr *s = &f->sections[i];

		if (s->sh_type != SHT_PROGBITS || !(s->sh_flags & SHF_EXECINSTR) ||
		    !sweep_inside(r, s))
			continue;
		sweep.copied = relocator_section_fact(r, f, s, RELOCATOR_FACT_COPIED) != NULL;
		status = sweep_section(&sweep, s->sh_addr, s->sh_addr + s->sh_size);
	}
	status = status ? status : sweep_stays(&sweep);
	return status ? status : sweep_left(r);
}

enum relocator_status relocator_sweep_object(struct relocator *r, const struct relocator_file *f,
					     int copied)
{
	struct sweep sweep = { .r = r, .f = f, .copied = copied };
	enum relocator_status status;

	sweep_symbols(&sweep);
	status = sweep_section(&sweep, r->low, r->high);
	return status ? status : sweep_left(r);
}
