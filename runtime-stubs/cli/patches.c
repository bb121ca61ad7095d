/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * See patches.h. Most of these tables hold signed 32-bit distances from the
 * field to what it names. In a linked kernel some have a section of their own
 * and some only a pair of symbols around them.
 */
#include "patches.h"
#include "decode.h"
#include <stdlib.h>
#include <string.h>

#define CALL_BYTES 5u

struct area {
	const uint8_t *data;
	uint64_t addr, size;
};

/* One entry: at @addr, @p readable for the table's entry size. */
typedef void (*patch_entry)(const struct image *image, struct patches *patches,
			    const uint8_t *p, uint64_t addr);

/* The code that the distance at @offset of an entry leads to, or 0. */
static uint64_t patch_near(const struct image *image, const uint8_t *p,
			   uint64_t addr, unsigned int offset)
{
	uint64_t to = image_wrap(image, addr + offset + (uint64_t)(int64_t)
				 (int32_t)get32(p + offset));
	const struct section *s = image_section_at(image, to);

	return s && s->code ? to : 0;
}

static void patch_add(struct patches *patches, enum patch_kind kind,
		      uint64_t start, uint64_t size)
{
	struct patch patch = { start, start + size, kind };

	if (start)
		array_add(&patches->list, patch);
}

/* Length of the instruction at @addr; 0 if it is none. */
static unsigned int patch_insn(const struct image *image, uint64_t addr)
{
	const struct section *s = image_section_at(image, addr);
	struct decoded insn;

	if (!s || !s->data)
		return 0;
	decode_one(image->mode64 ? DECODE_64 : DECODE_32,
		   s->data + (addr - s->addr), s->size - (addr - s->addr), addr,
		   &insn);
	return insn.len;
}

static void patch_jump(const struct image *image, struct patches *patches,
		       const uint8_t *p, uint64_t addr)
{
	uint64_t code = patch_near(image, p, addr, 0);

	patch_add(patches, PATCH_JUMP_LABEL, code, patch_insn(image, code));
	patch_add(patches, PATCH_JUMP_TARGET, patch_near(image, p, addr, 4), 0);
}

static void patch_call(const struct image *image, struct patches *patches,
		       const uint8_t *p, uint64_t addr)
{
	patch_add(patches, PATCH_STATIC_CALL, patch_near(image, p, addr, 0),
		  CALL_BYTES);
}

static void patch_retpoline(const struct image *image, struct patches *patches,
			    const uint8_t *p, uint64_t addr)
{
	uint64_t code = patch_near(image, p, addr, 0);

	patch_add(patches, PATCH_RETPOLINE, code, patch_insn(image, code));
}

static void patch_return(const struct image *image, struct patches *patches,
			 const uint8_t *p, uint64_t addr)
{
	uint64_t code = patch_near(image, p, addr, 0);

	patch_add(patches, PATCH_RETURN, code, patch_insn(image, code));
}

static void patch_lock(const struct image *image, struct patches *patches,
		       const uint8_t *p, uint64_t addr)
{
	patch_add(patches, PATCH_LOCK, patch_near(image, p, addr, 0), 1);
}

/* An absolute address in a word of the kernel's, if code is there. */
static uint64_t patch_far(const struct image *image, const uint8_t *p)
{
	uint64_t to = image->mode64 ? get64(p) : get32(p);
	const struct section *s = image_section_at(image, to);

	return s && s->code ? to : 0;
}

static void patch_ftrace(const struct image *image, struct patches *patches,
			 const uint8_t *p, uint64_t addr)
{
	(void)addr;
	patch_add(patches, PATCH_FTRACE, patch_far(image, p), CALL_BYTES);
}

static void patch_paravirt(const struct image *image, struct patches *patches,
			   const uint8_t *p, uint64_t addr)
{
	(void)addr;
	patch_add(patches, PATCH_PARAVIRT, patch_far(image, p),
		  p[image->mode64 ? 9 : 5]);
}

static void patch_fault(const struct image *image, struct patches *patches,
			const uint8_t *p, uint64_t addr)
{
	patch_add(patches, PATCH_FAULT, patch_near(image, p, addr, 0), 0);
	patch_add(patches, PATCH_FIXUP, patch_near(image, p, addr, 4), 0);
}

static const struct patch_table {
	const char *section, *start, *stop;
	unsigned int size64, size32;
	patch_entry entry;
} patch_tables[] = {
	{ "__jump_table", "__start___jump_table", "__stop___jump_table",
	  16, 12, patch_jump },
	{ ".static_call_sites", "__start_static_call_sites",
	  "__stop_static_call_sites", 8, 8, patch_call },
	{ "__mcount_loc", "__start_mcount_loc", "__stop_mcount_loc",
	  8, 4, patch_ftrace },
	{ ".retpoline_sites", "__retpoline_sites", "__retpoline_sites_end",
	  4, 4, patch_retpoline },
	{ ".return_sites", "__return_sites", "__return_sites_end",
	  4, 4, patch_return },
	{ ".smp_locks", "__smp_locks", "__smp_locks_end", 4, 4, patch_lock },
	{ ".parainstructions", "__parainstructions", "__parainstructions_end",
	  16, 8, patch_paravirt },
	{ "__ex_table", "__start___ex_table", "__stop___ex_table",
	  12, 12, patch_fault },
};

/*
 * struct alt_instr: two distances, then feature and flags, and as the last two
 * bytes (Linux 5.13 to 6.x) the two lengths. Its size grew with the versions.
 */
static const unsigned int alt_sizes[] = { 12, 14, 13 };

struct alternative {
	uint64_t from, to;
	unsigned int length, replacement;
};

static bool alt_read(const struct image *image, const uint8_t *p, uint64_t addr,
		     unsigned int size, struct alternative *alt)
{
	/* 13: Linux before 5.13 has a pad length as the very last byte. */
	const uint8_t *lengths = p + (size == 13 ? 10 : size - 2);

	alt->from = patch_near(image, p, addr, 0);
	alt->to = patch_near(image, p, addr, 4);
	alt->length = lengths[0];
	alt->replacement = lengths[1];
	return alt->from && (alt->to || !alt->replacement);
}

static bool alt_fits(const struct image *image, const struct area *area,
		     unsigned int size)
{
	struct alternative alt;
	uint64_t at;

	if (area->size % size)
		return false;
	for (at = 0; at < area->size; at += size)
		if (!alt_read(image, area->data + at, area->addr + at, size, &alt))
			return false;
	return true;
}

static void alt_read_all(const struct image *image, struct patches *patches,
			 const struct area *area)
{
	struct alternative alt;
	unsigned int size;
	uint64_t at;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(alt_sizes); i++)
		if (alt_fits(image, area, alt_sizes[i]))
			break;
	if (i == ARRAY_SIZE(alt_sizes))
		return;
	size = alt_sizes[i];
	for (at = 0; at < area->size; at += size) {
		alt_read(image, area->data + at, area->addr + at, size, &alt);
		patch_add(patches, PATCH_ALTERNATIVE, alt.from, alt.length);
		if (alt.replacement)
			patch_add(patches, PATCH_REPLACEMENT, alt.to,
				  alt.replacement);
	}
}

/* Find the table between two symbols; false if there is none. */
static bool patch_between(const struct image *image, const char *start,
			  const char *stop, struct area *area)
{
	const struct symbol *from = image_find(image, start);
	const struct symbol *to = image_find(image, stop);

	if (!from || !to || to->addr <= from->addr)
		return false;
	area->addr = from->addr;
	area->size = to->addr - from->addr;
	area->data = image_bytes(image, area->addr, area->size);
	return area->data;
}

/*
 * Call @each for every part of the table: all sections of that name, or if
 * there is none what stands between the symbols.
 */
static void patch_areas(const struct image *image, struct patches *patches,
			const struct patch_table *table)
{
	unsigned int size = image->mode64 ? table->size64 : table->size32;
	struct area area;
	bool any = false;
	size_t i = 0;
	uint64_t at;

	for (;;) {
		while (i < image->sections &&
		       (!image->section[i].data ||
			!(image->section[i].flags & SHF_ALLOC) ||
			strcmp(image->section[i].name, table->section)))
			i++;
		if (i < image->sections) {
			area.data = image->section[i].data;
			area.addr = image->section[i].addr;
			area.size = image->section[i].size;
			any = true;
			i++;
		} else if (any || !patch_between(image, table->start,
						 table->stop, &area)) {
			return;
		} else {
			any = true;
		}
		if (!table->entry)
			alt_read_all(image, patches, &area);
		for (at = 0; table->entry && area.size - at >= size; at += size)
			table->entry(image, patches, area.data + at,
				     area.addr + at);
	}
}

void patches_read(const struct image *image, struct patches *patches)
{
	static const struct patch_table alternatives = {
		.section = ".altinstructions", .start = "__alt_instructions",
		.stop = "__alt_instructions_end",
	};
	size_t i;

	memset(patches, 0, sizeof(*patches));
	patch_areas(image, patches, &alternatives);
	for (i = 0; i < ARRAY_SIZE(patch_tables); i++)
		patch_areas(image, patches, &patch_tables[i]);
}

void patches_free(struct patches *patches)
{
	free(patches->list.v);
}

const char *patch_name(enum patch_kind kind)
{
	switch (kind) {
	case PATCH_ALTERNATIVE: return "alternative";
	case PATCH_REPLACEMENT: return "alternative's replacement";
	case PATCH_JUMP_LABEL: return "jump label";
	case PATCH_STATIC_CALL: return "static call";
	case PATCH_FTRACE: return "ftrace call";
	case PATCH_RETPOLINE: return "retpoline";
	case PATCH_RETURN: return "return thunk";
	case PATCH_LOCK: return "lock prefix";
	case PATCH_PARAVIRT: return "paravirt call";
	case PATCH_FAULT: return "faulting instruction";
	case PATCH_FIXUP: return "exception fix-up";
	case PATCH_JUMP_TARGET: return "jump label's target";
	}
	return "patch";
}
