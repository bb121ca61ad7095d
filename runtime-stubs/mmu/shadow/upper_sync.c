/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/* Updates of the upper half by the guest's tables, from one entry down (upper.h). */
#include "upper.h"
#include "frames.h"
#include "nonglobal.h"
#include "../new_code.h"

/* The shadow maps @va by the table upper_vm.way[@level]; @leaf is the guest's entry. */
static void upper_note(int level, uint64_t va, uint64_t leaf)
{
	if (!(leaf & PTE_G))
		nonglobal_note(upper_vm.way, level, va);
}

static void upper_note_code(unsigned table, unsigned index, uint64_t va, uint64_t want)
{
	uint64_t old = backend_table_get(table, index);

	if (!shadow_vm.tables[table].large && (want & PTE_P) &&
	    !(want & PTE_NX) && (!(old & PTE_P) || (old & PTE_NX)))
		new_code_note(va);
}

static int upper_is_same(unsigned table, unsigned index, int level, uint64_t entry)
{
	unsigned below;

	if (level > upper_vm.shallow || entry & PTE_PS)
		return 0;
	below = backend_table_of(backend_table_get(table, index));
	return below && shadow_vm.tables[below].made_from == (entry & ~PTE_A);
}

static void upper_sync_leaf(unsigned table, unsigned index, uint64_t va,
			    const struct guest_level *guest, uint64_t entry)
{
	uint64_t flags = guest->flags & (entry | ~(PTE_W | PTE_U));
	uint64_t old = backend_table_get(table, index), want;

	flags |= entry & PTE_NX;
	want = shadow_leaf(entry & PTE_ADDRESS, entry, flags);
	upper_note(1, va, entry);
	if (shadow_leaf_differs(old, want)) {
		upper_note_code(table, index, va, want);
		upper_set_leaf(table, index, old, want);
	} else if (upper_vm.notes_writers) {
		shadow_note_writer(table, index, old);
	}
}

/* Updates what entry @index refers to, by @below, which the guest's @entry refers to. */
static void upper_sync_table(unsigned table, unsigned index, uint64_t va,
			     const struct guest_level *below, uint64_t entry)
{
	unsigned next = upper_existing(table, index, below->level + 1, va), fresh = 0;
	const uint64_t *entries;
	int shallow = upper_vm.shallow;

	if (!next || upper_is_anothers(next, entry))
		next = fresh = upper_new(below->level);
	if (!next) {		/* the wedge is going to stop: no old mapping may stay */
		upper_clear(table, index, below->level + 1);
		return;
	}
	if (below->level == 1)
		shadow_vm.tables[next].large = !!(entry & PTE_PS);
	if (shadow_vm.tables[next].made_from != (entry & ~PTE_A)) {
		shadow_vm.tables[next].listed = 0;
		upper_vm.shallow = 0;	/* the rights of all below may have changed */
	}
	shadow_vm.tables[next].made_from = entry & ~PTE_A;
	entries = backend_table_entries(next);
	for (unsigned i = 0; i < 512; i++)
		if ((guest_entry(below, i) & PTE_P) || entries[i])
			upper_sync_entry(next, i, va + ((uint64_t)i << (3 + 9 * below->level)),
					 below);
	upper_vm.shallow = shallow;
	if (fresh)
		upper_exchange(table, index, below->level + 1,
			       backend_table_address(fresh) | SHADOW_LINK);
}

void upper_sync_entry(unsigned table, unsigned index, uint64_t va,
			      const struct guest_level *guest)
{
	uint64_t entry = guest_entry(guest, index);
	int fixed = !!backend_fixed_table(va, guest->level - 1);
	struct guest_level below = { .level = guest->level - 1 };

	upper_vm.way[guest->level] = table;
	if (upper_is_reserved(va, guest->level) && !fixed)
		return;
	if (!(entry & PTE_P)) {
		if (fixed)
			upper_sync_table(table, index, va, &below, entry);
		else
			upper_clear(table, index, guest->level);
		return;
	}
	if (guest->level == 1) {
		upper_sync_leaf(table, index, va, guest, entry);
		return;
	}
	if (upper_is_same(table, index, guest->level, entry) ||
	    (!(entry & PTE_PS) && upper_share(table, index, va, guest)))
		return;
	below = guest_below(guest, entry);
	if (guest->level == 2 && (entry & PTE_PS) &&
	    upper_fill_linear(table, index, below.large & PTE_ADDRESS, below.flags))
		upper_note(2, va, entry);
	else
		upper_sync_table(table, index, va, &below, entry);
}
