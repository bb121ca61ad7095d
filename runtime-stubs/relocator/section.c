/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * Relocations of an object file's section, which was placed as near to the kernel as
 * natively, but where references of 32 bits do not reach: those in code are rewritten as
 * the kernel's are. ELF: System V ABI, AMD64 supplement, table 4.9.
 */
#include "inner.h"
#include <string.h>

static int section_is_signed(uint64_t value)
{
	return value == (uint64_t)(int64_t)(int32_t)value;
}

/* 32 bits at @at are @value, or refer to it. */
static enum relocator_status section_reference(struct relocator *r,
		const struct relocator_section *s, uint64_t at, uint64_t value, int is_signed)
{
	uint8_t *mark = r->work + (at - r->low);

	memcpy(r->image + (at - r->low), &value, 4);
	if (is_signed ? section_is_signed(value) : value == (uint32_t)value) {
		r->counts.references_unchanged++;
		return RELOCATOR_DONE;
	}
	if (!is_signed || !s->code || !section_is_signed(value - at))
		return relocator_fail(r, RELOCATOR_REACH, at);
	*mark |= MARK_REFERENCE;
	r->counts.references++;
	return RELOCATOR_DONE;
}

static enum relocator_status section_distance(struct relocator *r,
		const struct relocator_section *s, uint64_t at, uint64_t value, size_t size)
{
	value -= at;
	if (size == 4 && !section_is_signed(value))
		return relocator_fail(r, RELOCATOR_REACH, at);
	memcpy(r->image + (at - r->low), &value, size);
	if (size == 4 && s->code)
		r->work[at - r->low] |= MARK_DISTANCE;
	r->counts.distances++;
	return RELOCATOR_DONE;
}

static enum relocator_status section_one(struct relocator *r, const struct relocator_section *s,
					 const Elf64_Rela *rela)
{
	uint64_t at = r->low + rela->r_offset, size = 4, value;
	unsigned type = ELF64_R_TYPE(rela->r_info);

	if (type == R_X86_64_NONE)
		return RELOCATOR_DONE;
	if (type == R_X86_64_64 || type == R_X86_64_PC64)
		size = 8;
	if (rela->r_offset > r->high - r->low || r->high - at < size ||
	    ELF64_R_SYM(rela->r_info) >= s->symbol_count)
		return relocator_fail(r, RELOCATOR_OUTSIDE, at);
	value = s->symbols[ELF64_R_SYM(rela->r_info)].st_value + (uint64_t)rela->r_addend;
	switch (type) {
	case R_X86_64_64:
		memcpy(r->image + rela->r_offset, &value, 8);
		r->counts.words++;
		return RELOCATOR_DONE;
	case R_X86_64_32:
	case R_X86_64_32S:
		return section_reference(r, s, at, value, type == R_X86_64_32S);
	case R_X86_64_PC32:
	case R_X86_64_PLT32:
	case R_X86_64_PC64:
		return section_distance(r, s, at, value, size);
	}
	return relocator_fail(r, RELOCATOR_KIND, at);
}

enum relocator_status relocator_section(struct relocator *r, const struct relocator_section *s)
{
	const struct relocator_file f = {
		.symbols = s->symbols, .symbol_count = s->symbol_count,
		.names = s->names, .names_size = s->names_size,
	};
	enum relocator_status status = RELOCATOR_DONE;

	r->counts = (struct relocator_counts){ 0 };
	r->error_at = 0;
	r->code_used = r->literals_used = 0;
	r->low = r->image_at;
	r->high = r->low + r->image_size;
	r->delta = 0;
	r->object = &f;
	for (size_t i = 0; i < s->stays_count; i++)
		if (s->stays[i] >= r->low && s->stays[i] < r->high)
			r->work[s->stays[i] - r->low] |= MARK_STAYS;
	for (size_t i = 0; i < s->count && !status; i++)
		status = section_one(r, s, &s->relocations[i]);
	if (s->code && !status)
		status = relocator_sweep_object(r, &f, s->copied);
	if (status)
		relocator_name(r, r->error_at, r->error_name, sizeof(r->error_name));
	r->object = NULL;
	r->counts.code_bytes = (uint32_t)r->code_used;
	r->counts.literal_bytes = (uint32_t)r->literals_used;
	return status;
}
