/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/* The order of the work, and the checks before it. */
#include "inner.h"
#include <string.h>

size_t relocator_work_size(const uint8_t *file, size_t size)
{
	uint64_t low, high;

	if (relocator_span(file, size, &low, &high))
		return 0;
	return relocator_section_work(high - low);
}

size_t relocator_section_work(size_t size)
{
	return ((size + 7) & ~(size_t)7) + LITERAL_SLOTS * sizeof(uint32_t);
}

/* Returns where the image has the named variable of eight bytes; NULL: there is none. */
static uint8_t *relocator_variable(const struct relocator *r, const struct relocator_file *f,
				   const struct relocator_fact *fact)
{
	for (size_t i = 0; i < f->symbol_count; i++) {
		const Elf64_Sym *s = &f->symbols[i];
		const char *name = relocator_symbol(f, s);

		if (s->st_value >= r->low && r->high - s->st_value >= 8 &&
		    s->st_value < r->high && !strncmp(name, fact->name, fact->length) &&
		    !name[fact->length])
			return r->image + (s->st_value - r->low);
	}
	return NULL;
}

const struct relocator_area *relocator_area(const struct relocator *r,
					    const struct relocator_fact *fact)
{
	for (size_t i = 0; i < r->area_count; i++)
		if (strlen(r->areas[i].name) == fact->area_length &&
		    !memcmp(r->areas[i].name, fact->area, fact->area_length))
			return &r->areas[i];
	return NULL;
}

/* The words of such a variable say how far per-CPU data is from its linked address: not at
   all, before the kernel gives each processor its own. */
static void relocator_offsets(struct relocator *r, const struct relocator_file *f,
			      const struct relocator_fact *fact)
{
	for (size_t i = 0; i < f->symbol_count; i++) {
		const Elf64_Sym *s = &f->symbols[i];
		uint64_t at = relocator_linked(r, s->st_value);

		if (!relocator_is(fact, relocator_symbol(f, s)) || at < r->low || at >= r->high ||
		    r->high - at < s->st_size || ELF64_ST_TYPE(s->st_info) > STT_OBJECT)
			continue;
		memset(r->image + (at - r->low), 0, s->st_size < 8 ? 8 : s->st_size);
		r->counts.per_cpu_words += s->st_size < 8 ? 1 : s->st_size / 8;
	}
}

/* The variables that hold where areas are, and what the kernel's own start would find
   out of the move. */
static enum relocator_status relocator_variables(struct relocator *r,
						 const struct relocator_file *f)
{
	for (size_t i = 0; i < r->facts->count; i++) {
		const struct relocator_fact *fact = &r->facts->facts[i];
		int base = fact->kind == RELOCATOR_FACT_BASE;
		const struct relocator_area *area = base ? relocator_area(r, fact) : NULL;
		uint64_t value = area ? area->at : -r->delta;
		uint8_t *at;

		if (fact->kind == RELOCATOR_FACT_PER_CPU && r->per_cpu)
			relocator_offsets(r, f, fact);
		if (base ? !area || area->size : fact->kind != RELOCATOR_FACT_OFFSET || !r->late)
			continue;
		at = relocator_variable(r, f, fact);
		if (!at)
			return RELOCATOR_VARIABLE;
		memcpy(at, &value, sizeof(value));
	}
	return RELOCATOR_DONE;
}

/* User addresses end a table of the highest level below all areas, so that no such
   table has both; and those left have one bit less than the areas, for the shifts. */
static int relocator_places_good(const struct relocator *r)
{
	uint64_t end = r->user_end;

	if (!r->facts->user_end)
		return !r->area_count;
	if (!end || end & ((1ull << 39) - 1) || end > r->facts->user_end)
		return 0;
	for (size_t i = 0; i < r->area_count; i++)
		if (r->areas[i].at >> 39 <= end >> 39)
			return 0;
	while (end & (end - 1))
		end += end & -end;
	for (size_t i = 0; i < r->area_count; i++)
		if (r->areas[i].at < end)
			return 0;
	return 1;
}

enum relocator_status relocator_move(struct relocator *r)
{
	enum relocator_status status;
	struct relocator_file f;

	r->counts = (struct relocator_counts){ 0 };
	r->error_at = r->loader_at = 0;
	r->object = NULL;
	r->code_used = r->literals_used = 0;
	status = relocator_span(r->file, r->file_size, &r->low, &r->high);
	status = status ? status : relocator_file(r, &f);
	if (status)
		return status;
	r->delta = r->image_at - r->low;
	relocator_per_cpu(r);
	if (!relocator_places_good(r))
		return RELOCATOR_PLACES;
	status = relocator_relocations(r, &f);
	status = status ? status : relocator_sweep(r, &f);
	status = status ? status : relocator_variables(r, &f);
	status = status ? status : relocator_loader(r, &f);
	if (!status)
		relocator_processors(r, &f);
	r->counts.code_bytes = (uint32_t)r->code_used;
	r->counts.literal_bytes = (uint32_t)r->literals_used;
	return status;
}

int relocator_touched(const struct relocator *r, uint64_t at, size_t size)
{
	int how = 0;

	for (size_t k = 0; k < size; k++) {
		uint8_t marks;

		if (at + k < r->low || at + k >= r->high)
			continue;
		marks = r->work[at + k - r->low];
		if (marks & MARK_OUT_OF_LINE)
			return RELOCATOR_OUT_OF_LINE;
		if (marks & MARK_IN_PLACE)
			how = RELOCATOR_IN_PLACE;
	}
	return how;
}

const char *relocator_strerror(enum relocator_status status)
{
	static const char *const texts[] = {
		[RELOCATOR_DONE] = "no error",
		[RELOCATOR_FILE] = "this is no ELF file of a 64-bit kernel, or it is cut off",
		[RELOCATOR_NO_RELOCATIONS] = "the kernel's file has no relocations: build it with "
			"CONFIG_RELOCATABLE and CONFIG_RANDOMIZE_BASE, and give the vmlinux of "
			"that build, not a stripped one; later Linux (6.12, say) keeps them in "
			"arch/x86/boot/compressed/vmlinux.relocs and in the bzImage: leave "
			"vmlinux in its build folder, or put that file or the bzImage beside it",
		[RELOCATOR_LIST] = "the list of relocations that was found is damaged, or that of "
			"another kernel",
		[RELOCATOR_NO_SYMBOLS] = "the kernel's file has no symbols: give the vmlinux of "
			"the build, not a stripped one",
		[RELOCATOR_PER_CPU] = "the kernel has segments at addresses of their own; or per-CPU "
			"data, as those for several processors have, and no relocations in its file",
		[RELOCATOR_KIND] = "a relocation is of a kind that cannot be moved",
		[RELOCATOR_OUTSIDE] = "a relocation is not where an instruction or a word could be",
		[RELOCATOR_FIELD] = "a relocation is in the middle of an instruction",
		[RELOCATOR_FORM] = "no way is known to rewrite this instruction",
		[RELOCATOR_REACH] = "an address is more than 2 GiB away",
		[RELOCATOR_ROOM] = "the memory for code out of line is full",
		[RELOCATOR_STAYS] = "this instruction would have to go out of line, and must not",
		[RELOCATOR_LIMIT] = "this number, or test of a sign, may tell user addresses from "
			"others: the guest file has to say so, or the contrary",
		[RELOCATOR_VARIABLE] = "a variable that the guest file names is not in the kernel: "
			"build it with CONFIG_RANDOMIZE_MEMORY",
		[RELOCATOR_PLACES] = "the places requested do not fit each other",
		[RELOCATOR_FACTS] = "a line of the guest file is wrong",
	};

	return texts[status];
}
