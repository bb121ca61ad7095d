/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/* Leaves of the shadow; writers and owners of the frames they map (frames.h). */
#include "frames.h"
#include "../../board/board.h"

uint64_t shadow_leaf(uint64_t gpa, uint64_t leaf, uint64_t flags)
{
	uint64_t frame = backend_frame(gpa / BACKEND_PAGE);
	uint64_t entry;

	if (frame == BACKEND_NO_FRAME || bus_find_memory(&board_vm.bus, gpa))
		return 0;
	entry = frame | PTE_P | PTE_A | (flags & (PTE_U | PTE_NX));
	/* A clean user page is mapped read-only, so that the first write sets the dirty bit.
	   LIMIT: a supervisor page's dirty bit is not set by writes. */
	if ((flags & PTE_W) && (!(flags & PTE_U) || (leaf & PTE_D)))
		entry |= PTE_W | PTE_D;
	return entry;
}

static void shadow_forget_leaf(uint64_t entry)
{
	if (shadow_is_writable(entry))
		shadow_drop_writer(backend_gfn(entry), !!(entry & PTE_D));
}

void shadow_count_writers(unsigned table, unsigned index, uint64_t old, uint64_t entry)
{
	shadow_forget_leaf(old);
	if (shadow_is_writable(entry))
		shadow_add_writer(backend_gfn(entry), shadow_where(table, index));
}

void shadow_set_leaf(unsigned table, unsigned index, uint64_t old, uint64_t entry)
{
	shadow_count_writers(table, index, old, entry);
	shadow_set(table, index, old, entry);
}

void shadow_forget_leaves(unsigned table)
{
	const uint64_t *entries = backend_table_entries(table);

	shadow_vm.flush_pending |= BACKEND_FLUSH;
	for (unsigned i = 0; i < 512; i++)
		if (entries[i])
			shadow_forget_leaf(entries[i]);
}

uint64_t shadow_alias(const struct shadow_frame *frame, unsigned i)
{
	uint32_t where = frame->alias[i];
	uint64_t entry;

	if (!where || (i && where == frame->alias[0]))
		return 0;
	entry = backend_table_get(where >> 16, where & 511);
	if (!shadow_is_writable(entry) || backend_gfn(entry) != (uint64_t)(frame - shadow_vm.frames))
		return 0;
	return entry;
}

/* The clock of flushes.h is at its end: all tables are to be compared again. */
static __attribute__((noinline)) void shadow_times_over(void)
{
	backend_table_commit(BACKEND_FLUSH_ALL);
	for (uint64_t gfn = 0; gfn < shadow_vm.frame_count; gfn++)
		shadow_vm.frames[gfn].since = 0;
	for (unsigned t = 0; t < backend_table_limit(); t++)
		shadow_vm.tables[t].sure = 0;
	flushes_restart();
}

void shadow_note_flush(int all)
{
	if (flushes_note(all))
		shadow_times_over();
}

int shadow_aliases_are_clean(const struct shadow_frame *frame)
{
	unsigned known = 0;

	for (unsigned i = 0; i < 2; i++) {
		uint64_t entry = shadow_alias(frame, i);

		if (entry & PTE_D)
			return 0;
		known += !!entry;
	}
	shadow_vm.unknown += known != frame->writers;
	return known == frame->writers;
}

void shadow_note_writer(unsigned table, unsigned index, uint64_t entry)
{
	uint64_t gfn = backend_gfn(entry);
	struct shadow_frame *frame = &shadow_vm.frames[gfn];
	uint32_t where = shadow_where(table, index);

	if (!shadow_is_writable(entry) || gfn >= shadow_vm.frame_count ||
	    frame->alias[0] == where || frame->alias[1] == where)
		return;
	for (unsigned i = 0; i < 2; i++)
		if (!shadow_alias(frame, i)) {
			frame->alias[i] = where;
			return;
		}
}
