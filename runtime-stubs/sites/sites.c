/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * Reads site tables; see sites.h for the contract. Freestanding. The layout of
 * a note is the System V ABI's (chapter 5, Note Section).
 */
#include "sites.h"
#include "abi_decode.h"

#define NOTE_HEADER 12u         /* three words: name size, desc size, type */
#define WIDER 4u                /* bytes by which wide entries are longer */
#define SITES_PASS_OVER 2       /* a note of a newer minor version, which is skipped */

static int sites_is_ours(const uint8_t *name, uint32_t size)
{
	static const char owner[] = PREVIRT_NOTE_OWNER;
	size_t i;

	if (size != sizeof(owner))
		return 0;
	for (i = 0; i < sizeof(owner); i++)
		if (name[i] != (uint8_t)owner[i])
			return 0;
	return 1;
}

void previrt_sites_begin(struct previrt_sites_walk *walk, const void *notes,
			 size_t size, unsigned int align)
{
	walk->notes = notes;
	walk->size = size;
	walk->offset = 0;
	walk->align = align == 8 ? 8 : 4;
}

/* Check the descriptor at @desc and fill in the rest of @unit. */
static int sites_read_header(const struct previrt_sites_walk *walk, size_t desc,
			     uint32_t size, struct previrt_sites_unit *unit)
{
	const uint8_t *p = walk->notes + desc;
	uint32_t least;

	if (size < sizeof(unit->header))
		return PREVIRT_SITES_SHORT;
	abi_decode_note(p, &unit->header);
	if (unit->header.version != PREVIRT_ABI_VERSION)
		return PREVIRT_SITES_VERSION;
	if (unit->header.arch != PREVIRT_ARCH_X86_64 &&
	    unit->header.arch != PREVIRT_ARCH_I386)
		return PREVIRT_SITES_ARCH;
	least = abi_entry_size(unit->type);
	if (!least)
		return (unit->header.marks & PREVIRT_MARK_MINOR) > PREVIRT_ABI_MINOR ?
		       SITES_PASS_OVER : PREVIRT_SITES_TYPE;
	if (unit->header.marks & PREVIRT_MARK_WIDE)
		least += WIDER;
	if (unit->header.entry_size < least)
		return PREVIRT_SITES_ENTRY_SIZE;
	size -= sizeof(unit->header);
	if (size % unit->header.entry_size)
		return PREVIRT_SITES_PARTIAL;
	unit->entries = desc + sizeof(unit->header);
	unit->count = size / unit->header.entry_size;
	return PREVIRT_SITES_UNIT;
}

/* @n rounded up to the walk's alignment; no overflow for 32-bit sizes. */
static uint64_t sites_round(const struct previrt_sites_walk *walk, uint64_t n)
{
	return (n + walk->align - 1) & ~(uint64_t)(walk->align - 1);
}

int previrt_sites_next(struct previrt_sites_walk *walk,
		       struct previrt_sites_unit *unit)
{
	const uint8_t *p;
	uint64_t left, name, desc;
	uint32_t descsz;
	size_t note;

	while (walk->offset < walk->size) {
		note = walk->offset;
		left = walk->size - note;
		if (left < NOTE_HEADER)
			return PREVIRT_SITES_TRUNCATED;
		p = walk->notes + note;
		name = abi_word(p);
		descsz = abi_word(p + 4);
		/* Names start behind the header; descriptors are aligned. */
		desc = sites_round(walk, NOTE_HEADER + name);
		if (name > left - NOTE_HEADER || desc > left ||
		    descsz > left - desc)
			return PREVIRT_SITES_TRUNCATED;
		unit->note = note;
		unit->bytes = sites_round(walk, desc + descsz);
		if (unit->bytes > left)
			unit->bytes = left;
		unit->type = abi_word(p + 8);
		if (sites_is_ours(p + NOTE_HEADER, name)) {
			int status = sites_read_header(walk, note + desc,
						       descsz, unit);

			if (status == PREVIRT_SITES_UNIT)
				walk->offset = note + unit->bytes;
			else if (status != SITES_PASS_OVER)
				walk->size = 0;
			if (status != SITES_PASS_OVER)
				return status;
		}
		walk->offset = note + unit->bytes;
	}
	return PREVIRT_SITES_END;
}

size_t previrt_sites_at(const struct previrt_sites_unit *unit, size_t index)
{
	return unit->entries + index * unit->header.entry_size;
}

/*
 * The distance from the buffer to the code that entry @index names; @rest: its
 * other fields.
 */
static uint64_t sites_code(const struct previrt_sites_walk *walk,
			   const struct previrt_sites_unit *unit, size_t index,
			   const uint8_t **rest)
{
	size_t at = previrt_sites_at(unit, index);
	const uint8_t *p = walk->notes + at;

	if (unit->header.marks & PREVIRT_MARK_WIDE) {
		*rest = p + 8;
		return at + (abi_word(p) | (uint64_t)abi_word(p + 4) << 32);
	}
	*rest = p + 4;
	return at + (uint64_t)(int32_t)(abi_word(p) - PREVIRT_BIAS);
}

uint64_t previrt_sites_entry(const struct previrt_sites_walk *walk,
			     const struct previrt_sites_unit *unit, size_t index,
			     struct previrt_site *site)
{
	const uint8_t *p;
	uint64_t code = sites_code(walk, unit, index, &p);

	abi_decode_site(p, site);
	return code;
}

uint64_t previrt_sites_counter(const struct previrt_sites_walk *walk,
			       const struct previrt_sites_unit *unit, size_t index,
			       struct previrt_counter *counter)
{
	const uint8_t *p;
	uint64_t code = sites_code(walk, unit, index, &p);

	abi_decode_counter(p, counter);
	return code;
}

uint64_t previrt_sites_memory(const struct previrt_sites_walk *walk,
			      const struct previrt_sites_unit *unit, size_t index,
			      struct previrt_memory *memory)
{
	const uint8_t *p;
	uint64_t code = sites_code(walk, unit, index, &p);

	abi_decode_memory(p, memory);
	return code;
}

uint16_t previrt_sites_live(const struct previrt_sites_walk *walk,
			    const struct previrt_sites_unit *unit, size_t index)
{
	struct previrt_live live;

	abi_decode_live(walk->notes + previrt_sites_at(unit, index), &live);
	return live.dead;
}

uint64_t previrt_sites_hook(const struct previrt_sites_walk *walk,
			    const struct previrt_sites_unit *unit, size_t index,
			    struct previrt_hook *hook)
{
	const uint8_t *p;
	uint64_t code = sites_code(walk, unit, index, &p);

	abi_decode_hook(p, hook);
	return code;
}

const char *previrt_sites_strerror(int status)
{
	switch (status) {
	case PREVIRT_SITES_TRUNCATED: return "a note leaves its section";
	case PREVIRT_SITES_SHORT: return "a note is too short for its header";
	case PREVIRT_SITES_VERSION: return "another major version than this reader's";
	case PREVIRT_SITES_ARCH: return "unknown architecture";
	case PREVIRT_SITES_ENTRY_SIZE: return "entries are too small";
	case PREVIRT_SITES_PARTIAL: return "the last entry is cut off";
	case PREVIRT_SITES_TYPE: return "unknown kind of note";
	}
	return "no error";
}
