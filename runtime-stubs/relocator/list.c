/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * Linux's list of relocations, vmlinux.relocs, which its own start goes by when it moves
 * itself (arch/x86/tools/relocs.c): numbers of 32 bits, the low halves of linked addresses.
 * A 0, words of 64 bits; in most versions another 0, and per-CPU distances; a 0, references
 * of 32 bits. Distances relative to their place are not there, so boundaries of instructions are
 * known by symbols and references alone.
 */
#include "inner.h"
#include <string.h>

#define LIST_PARTS 3

/* Finds the start of each part, after its 0. Returns how many there are. */
static unsigned list_parts(const struct relocator *r, size_t parts[LIST_PARTS + 1])
{
	unsigned count = 0;

	for (size_t i = 0; i < r->list_size / 4 && count <= LIST_PARTS; i++)
		if (!relocator_get32(r->list + i * 4))
			parts[count++] = i + 1;
	return parts[0] == 1 ? count : 0;
}

/* The linked address of entry @i, which has @size bytes of the image; 0: it is outside. */
static uint64_t list_address(const struct relocator *r, size_t i, uint64_t size)
{
	uint64_t at = (uint64_t)(int64_t)(int32_t)relocator_get32(r->list + i * 4);

	return at >= r->low && at < r->high && r->high - at >= size ? at : 0;
}

/* Returns 1 if the number is a linked or a physical address of the image. */
static int list_is_address(const struct relocator *r, uint64_t value)
{
	uint64_t linked = value < r->facts->kernel_map ? value + r->facts->kernel_map : value;

	return linked - r->facts->kernel_map <= r->high - r->facts->kernel_map;
}

static enum relocator_status list_words(struct relocator *r, size_t from, size_t to)
{
	for (size_t i = from; i < to; i++) {
		uint64_t at = list_address(r, i, 8), value;

		if (!at)
			return RELOCATOR_LIST;
		memcpy(&value, r->image + (at - r->low), sizeof(value));
		if (!list_is_address(r, value))
			return relocator_fail(r, RELOCATOR_LIST, at);
		relocator_word(r, at, value);
	}
	return RELOCATOR_DONE;
}

static enum relocator_status list_references(struct relocator *r, size_t from, size_t to)
{
	for (size_t i = from; i < to; i++) {
		uint64_t at = list_address(r, i, 4);

		if (!at)
			return RELOCATOR_LIST;
		if (!list_is_address(r, (uint64_t)(int64_t)(int32_t)relocator_get32(
						r->image + (at - r->low))))
			return relocator_fail(r, RELOCATOR_LIST, at);
		r->work[at - r->low] |= MARK_REFERENCE;
		r->counts.references++;
	}
	return RELOCATOR_DONE;
}

enum relocator_status relocator_list(struct relocator *r)
{
	size_t parts[LIST_PARTS + 1] = { 0 }, end = r->list_size / 4;
	unsigned count = list_parts(r, parts);
	enum relocator_status status;

	if (count < 2 || count > LIST_PARTS)
		return RELOCATOR_LIST;
	if (count == LIST_PARTS && parts[2] - parts[1] > 1)
		return RELOCATOR_PER_CPU;
	status = list_words(r, parts[0], parts[1] - 1);
	return status ? status : list_references(r, parts[count - 1], end);
}
