/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/* What both halves of the shadow share: leaves, writers of frames, watching. */
#include "shadow.h"

struct shadow_table *shadow_tables;
struct shadow_frame *shadow_frames;
uint64_t shadow_frame_count;
int shadow_flush_owed;

void shadow_init(void)
{
	if (shadow_tables)
		return;
	shadow_frame_count = backend_guest_frames();
	shadow_tables = backend_memory(backend_table_limit() * sizeof(*shadow_tables));
	shadow_frames = backend_memory(shadow_frame_count * sizeof(*shadow_frames));
}

uint64_t shadow_leaf(uint64_t gpa, uint64_t leaf, uint64_t flags)
{
	uint64_t frame = backend_frame(gpa / BACKEND_PAGE);
	uint64_t entry;

	if (frame == BACKEND_NO_FRAME || mmu_device_at(gpa))
		return 0;
	entry = frame | PTE_P | PTE_A | (flags & (PTE_U | PTE_NX));
	/* A user page is written first when that can be noted as dirty.
	   LIMIT: a supervisor page's dirty bit is not set by writes. */
	if ((flags & PTE_W) && (!(flags & PTE_U) || (leaf & PTE_D)))
		entry |= PTE_W | PTE_D;
	return entry;
}

static void shadow_count_writer(uint64_t entry, int by)
{
	if ((entry & (PTE_P | PTE_W)) == (PTE_P | PTE_W))
		shadow_count_writer_of(backend_gfn(entry), by);
}

void shadow_set(unsigned table, unsigned index, uint64_t old, uint64_t entry)
{
	if (old & PTE_P)
		shadow_flush_owed |= BACKEND_FLUSH;
	backend_table_set(table, index, entry);
}

void shadow_count_writers(uint64_t old, uint64_t entry)
{
	shadow_count_writer(old, -1);
	shadow_count_writer(entry, 1);
}

/* Is this leaf its frame's only writer? */
static void shadow_note_alias(unsigned table, unsigned index, uint64_t entry)
{
	uint64_t gfn = backend_gfn(entry);

	if ((entry & (PTE_P | PTE_W)) != (PTE_P | PTE_W) || gfn >= shadow_frame_count ||
	    shadow_frames[gfn].writers != 1)
		return;
	shadow_frames[gfn].alias = table;
	shadow_frames[gfn].alias_index = index;
}

void shadow_set_leaf(unsigned table, unsigned index, uint64_t old, uint64_t entry)
{
	shadow_count_writers(old, entry);
	shadow_note_alias(table, index, entry);
	shadow_set(table, index, old, entry);
}

int shadow_alias_is_clean(const struct shadow_frame *frame)
{
	return frame->writers == 1 && frame->alias &&
	       !(backend_table_get(frame->alias, frame->alias_index) & PTE_D);
}

/* 1: its dirty bit was set, and is not from the next flush on. */
static int shadow_clean_alias(const struct shadow_frame *frame)
{
	uint64_t entry;

	if (frame->writers != 1 || !frame->alias)
		return 0;
	entry = backend_table_get(frame->alias, frame->alias_index);
	if (!(entry & PTE_D))
		return 0;
	backend_table_set(frame->alias, frame->alias_index, entry & ~PTE_D);
	return 1;
}

void shadow_forget_leaves(unsigned table)
{
	const uint64_t *entries = backend_table_entries(table);

	shadow_flush_owed |= BACKEND_FLUSH;
	for (unsigned i = 0; i < 512; i++)
		if (entries[i])
			shadow_count_writer(entries[i], -1);
}

int shadow_watch(uint32_t gfn, uint16_t owner)
{
	struct shadow_frame *frame = &shadow_frames[gfn];
	int was_set;

	if (gfn >= shadow_frame_count)
		return 0;
	if (frame->owner != owner) {
		shadow_disown(frame);
		frame->owner = owner;
	}
	was_set = shadow_clean_alias(frame);
	if (backend_linear[gfn] & PTE_D) {
		backend_frame_clean(gfn);
		was_set = 1;
	}
	if (was_set)
		shadow_flush_owed |= BACKEND_FLUSH;
	return was_set;
}

void shadow_settle(void)
{
	backend_table_commit(BACKEND_FLUSH_ALL);
	shadow_flush_owed = 0;
}

/* LIMIT: not with several processors, of which each would have to forget that it
   has set the bit already. */
const uint8_t *mmu_watch_writes(const void *memory, int start)
{
	uint64_t gfn = ((const uint8_t *)memory - backend_guest_memory) / BACKEND_PAGE;
	struct shadow_frame *frame = &shadow_frames[gfn];

	if (gfn >= shadow_frame_count || frame->writers || shadow_is_shared() ||
	    (frame->owner != SHADOW_WATCHED && (frame->owner || !start)))
		return NULL;
	if (!start)
		return (const uint8_t *)&backend_linear[gfn];
	shadow_watch(gfn, SHADOW_WATCHED);
	backend_table_commit(shadow_flush_owed);
	shadow_flush_owed = 0;
	return (const uint8_t *)&backend_linear[gfn];
}
