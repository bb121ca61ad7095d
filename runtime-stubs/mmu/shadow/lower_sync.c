/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/* Updates the tables of a space by the guest's tables. */
#include "lower.h"
#include "frames.h"
#include "../paging.h"

void lower_assign(unsigned table, uint32_t gfn)
{
	struct shadow_frame *frame = &shadow_vm.frames[gfn];
	uint32_t before = shadow_vm.tables[table].gfn;

	if (before != gfn && before < shadow_vm.frame_count && shadow_vm.frames[before].owner == table)
		shadow_vm.frames[before].owner = 0;
	shadow_vm.tables[table].gfn = gfn;
	if (before != gfn)
		space_forget_list(table);
	if (gfn >= shadow_vm.frame_count || frame->owner == table)
		return;
	space_forget_list(table);
	shadow_disown(frame);
	frame->owner = table;
}

void lower_note_supervisor(struct space *space)
{
	space->supervisor = requests_vcpu.slow = 1;
}

/* Not inlined: most entries are unchanged. */
__attribute__((noinline)) void lower_change_page(struct space *space, unsigned table,
							unsigned index, uint64_t want)
{
	if (want && !(want & PTE_U))
		lower_note_supervisor(space);
	lower_set_page(table, index, want);
}

/* Returns 1 if the table @s may stay as it is for the guest's @entry, of a large page. */
static int lower_is_piece_of(const struct shadow_table *s, uint64_t entry)
{
	return !((s->piece ^ entry) & ~(PTE_A | PTE_D)) && (entry & PTE_A) &&
	       !(s->piece & ~entry & PTE_D);
}

/* Updates entry @index of @table, which is in use, by the guest's @entry. */
static void lower_sync_link(struct space *space, unsigned table, unsigned index,
			    uint64_t entry, uint64_t flags)
{
	unsigned below = backend_table_of(backend_table_get(table, index));
	const struct shadow_table *s = &shadow_vm.tables[below];

	if (!below || !(entry & PTE_P)) {
		lower_drop(space, table, index);
		return;
	}
	if (s->piece || (entry & PTE_PS)) {
		if (!lower_is_piece_of(s, entry))
			lower_drop(space, table, index);
		return;
	}
	if (!lower_is_accessed(space, table, entry)) {
		lower_drop(space, table, index);
		return;
	}
	if (shadow_vm.tables[table].level == 4)
		entry &= ~paging_vcpu.top_ignored;
	flags = (flags & (entry | ~(PTE_W | PTE_U))) | (entry & PTE_NX);
	lower_sync(space, below, (entry & PTE_ADDRESS) / BACKEND_PAGE, flags);
}

void lower_sync(struct space *space, unsigned table, uint32_t gfn, uint64_t flags)
{
	struct shadow_table *s = &shadow_vm.tables[table];
	const uint64_t *guest = frame_table(gfn);
	int changed = s->gfn != gfn || s->forced || s->rights != shadow_rights(flags) ||
		      !shadow_is_current(gfn, table);

	if (s->level == 1 && !changed)
		return;
	if (s->gfn != gfn || s->rights != shadow_rights(flags))
		spaces_vm.changes++;
	if (changed && shadow_is_shared()) {	/* before it is read (flushes.h) */
		lower_assign(table, gfn);
		shadow_watch(gfn, table);
		s->sure = flushes_all();
	}
	for (unsigned word = 0; word < (s->level == 4 ? 4 : 8); word++)
		for (uint64_t bits = s->used[word]; bits; bits &= bits - 1) {
			unsigned index = word * 64 + __builtin_ctzll(bits);
			uint64_t entry = guest ? guest[index] : 0;

			if (s->level == 1)
				lower_sync_page(space, table, index, entry, flags);
			else
				lower_sync_link(space, table, index, entry, flags);
		}
	if (!changed)
		return;
	s->forced = 0;
	s->rights = shadow_rights(flags);
	if (shadow_is_shared())
		return;
	lower_assign(table, gfn);
	shadow_watch(gfn, table);
}

uint64_t lower_renew(unsigned n, int *supervisor)
{
	struct space *space = &spaces_vm.space[n];
	uint32_t gfn = shadow_vm.tables[space->kernel].gfn;

	paging_vcpu.top_ignored = space->paired ? PTE_NX : 0;
	lower_sync(space, space->kernel, gfn, PTE_W | PTE_U);
	*supervisor = space->supervisor;
	return (uint64_t)gfn * BACKEND_PAGE;
}
