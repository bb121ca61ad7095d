/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
#include "outline_room.h"
#include "module_memory.h"

#define PIECES 1024		/* three sections of code for each of some 340 modules */

/* In the order of their places. */
static struct piece {
	uint64_t va, section_size, at, size;
} pieces[PIECES];
static unsigned count;
static size_t room;

void outline_room_init(size_t size)
{
	room = size;
	count = 0;
}

static int piece_is_free(const struct piece *p, uint64_t va, size_t section_size)
{
	return (va < p->va + p->section_size && p->va < va + section_size) ||
	       !module_memory_is_mapped(p->va);
}

uint64_t outline_room_take(uint64_t va, size_t section_size, size_t size)
{
	uint64_t at = 0;
	unsigned left = 0, i;

	for (i = 0; i < count; i++)
		if (!piece_is_free(&pieces[i], va, section_size))
			pieces[left++] = pieces[i];
	count = left;
	if (count == PIECES)
		return OUTLINE_ROOM_NONE;
	for (i = 0; i < count && pieces[i].at - at < size; i++)
		at = pieces[i].at + pieces[i].size;
	if (size > room || at > room - size)
		return OUTLINE_ROOM_NONE;
	for (unsigned k = count++; k > i; k--)
		pieces[k] = pieces[k - 1];
	pieces[i] = (struct piece){ va, section_size, at, size };
	return at;
}
