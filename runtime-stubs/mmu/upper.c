/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * The upper half of the shadow. Leaves carry the rights of the whole guest walk;
 * the levels above allow everything. Supervisor mappings are there eagerly.
 */
#include "shadow.h"

/* One level of the guest's tables: a table, or a large page cut into pieces. */
struct guest_level {
	uint64_t *table;	/* NULL: a piece of @large, or nothing at all */
	uint64_t large;
	uint64_t flags;		/* rights gathered above */
	int level;
};

static uint64_t guest_entry(const struct guest_level *guest, unsigned index)
{
	if (guest->table)
		return guest->table[index];
	if (!guest->large)
		return 0;
	return (guest->large & ~(guest->level == 1 ? PTE_PS : 0)) +
	       ((uint64_t)index << (3 + 9 * guest->level));
}

unsigned upper_generation = 1;

/*
 * What the level-4 table that was loaded last had. As soon as several processors
 * run: what any had, for one may be on a table that lacks what another stands on
 * (page-table isolation). LIMIT: the kernel then sees more than it has mapped.
 */
static uint64_t upper_entries[512];

static int upper_together(void)
{
	return lower_processors > 1;
}

static struct guest_level guest_top(uint64_t root)
{
	return (struct guest_level){ .table = upper_together() ? upper_entries : backend_guest(root),
				     .level = 4, .flags = PTE_W | PTE_U };
}

/* Entry @i of @root counts from now on; 1 if it is another than before. */
static int upper_learn(uint64_t root, unsigned i)
{
	const uint64_t *top = backend_guest(root);
	uint64_t entry = top ? top[i] : 0;

	if (!((upper_entries[i] ^ entry) & ~PTE_A) ||
	    (upper_together() && upper_entries[i] & PTE_P))
		return 0;
	upper_entries[i] = entry;
	upper_generation++;
	return 1;
}

uint64_t upper_top_entry(uint64_t root, uint64_t va)
{
	struct guest_level top = guest_top(root);

	return guest_entry(&top, shadow_index(va, 4));
}

/* The level below entry @entry of @guest. */
static struct guest_level guest_below(const struct guest_level *guest, uint64_t entry)
{
	struct guest_level below = { .level = guest->level - 1, .flags = guest->flags };
	uint64_t size = 1ull << (3 + 9 * guest->level);

	below.flags &= entry | ~(PTE_W | PTE_U);
	below.flags |= entry & PTE_NX;
	if (entry & PTE_PS)
		below.large = (entry & ~(PTE_ADDRESS & (size - 1))) & ~(1ull << 12);
	else
		below.table = backend_guest(entry & PTE_ADDRESS);
	return below;
}

unsigned mmu_upper_changes;

/* All processors run on these tables. */
static void upper_owe(uint64_t old)
{
	if (old & PTE_P)
		shadow_flush_owed |= BACKEND_FLUSH_ALL;
}

static void upper_set_leaf(unsigned table, unsigned index, uint64_t old, uint64_t entry)
{
	mmu_upper_changes++;
	upper_owe(old);
	shadow_set_leaf(table, index, old, entry);
}

static void upper_set(unsigned table, unsigned index, uint64_t entry)
{
	uint64_t old = backend_table_get(table, index);

	mmu_upper_changes++;
	upper_owe(old);
	if (table == backend_root(0))
		lower_set_upper_root(index, old, entry);
	else
		shadow_set(table, index, old, entry);
}

/* An entry refers to @table no more: give it back, with all below it, if that
   was the last one. */
static void upper_free(unsigned table, int level)
{
	if (--shadow_tables[table].links)
		return;
	if (level > 1) {
		const uint64_t *entries = backend_table_entries(table);

		for (unsigned i = 0; i < 512; i++) {
			unsigned below = entries[i] ? backend_table_of(entries[i]) : 0;

			if (below)
				upper_free(below, level - 1);
		}
	} else {
		shadow_forget_leaves(table);
	}
	shadow_tables[table].large = 0;
	backend_table_free(table);
}

static void upper_clear(unsigned table, unsigned index, int level)
{
	uint64_t entry = backend_table_get(table, index);
	unsigned below;

	if (!(entry & PTE_P))
		return;
	if (level == 1) {
		upper_set_leaf(table, index, entry, 0);
		return;
	}
	below = backend_table_of(entry);
	upper_set(table, index, 0);
	if (below)
		upper_free(below, level - 1);
}

/* The table below entry @index of @table (of @level), made if need be. */
static unsigned upper_below(unsigned table, unsigned index, int level, uint64_t va)
{
	unsigned below = backend_fixed_table(va, level - 1);
	uint64_t entry;

	if (below)
		return below;
	entry = backend_table_get(table, index);
	below = entry & PTE_P ? backend_table_of(entry) : 0;
	if (below)
		return below;
	below = backend_table_alloc(level - 1);
	if (!below)
		return 0;
	shadow_tables[below].links = 1;
	shadow_tables[below].piece = 0;
	shadow_tables[below].listed = 0;
	upper_set(table, index, backend_table_address(below) | SHADOW_LINK);
	return below;
}

/*
 * Kernels alias tables (Linux: the espfix area, 65,536 times the same page), so
 * neighbours with equal entries get the same shadow. 1: entry @index is done.
 */
static int upper_share(unsigned table, unsigned index, uint64_t va,
			const struct guest_level *guest)
{
	uint64_t entry = guest_entry(guest, index), mine, before;
	uint64_t before_va = va - (1ull << (3 + 9 * guest->level));
	unsigned below = backend_table_of(backend_table_get(table, index));

	mine = backend_table_get(table, index);
	if (index && guest->table && !backend_fixed_table(va, guest->level - 1) &&
	    !backend_fixed_table(before_va, guest->level - 1) &&
	    !backend_va_reserved(before_va) &&
	    !((guest_entry(guest, index - 1) ^ entry) & ~PTE_A)) {
		before = backend_table_get(table, index - 1);
		if ((mine & PTE_ADDRESS) == (before & PTE_ADDRESS) && (mine & PTE_P))
			return 1;
		if (backend_table_of(before)) {
			upper_clear(table, index, guest->level);
			shadow_tables[backend_table_of(before)].links++;
			upper_set(table, index, before);
			return 1;
		}
	}
	if (below && shadow_tables[below].links > 1 &&
	    shadow_tables[below].piece != (entry & ~PTE_A))
		upper_clear(table, index, guest->level);
	return 0;
}

/* A large page of the kernel's maps whole frames: all of them share tables. */
static int upper_fill_linear(unsigned table, unsigned index, uint64_t gpa, uint64_t flags)
{
	unsigned linear;
	uint64_t entry, old;

	if (flags & PTE_U)
		return 0;
	linear = backend_table_linear(gpa / BACKEND_PAGE);
	if (!linear)
		return 0;
	entry = backend_table_address(linear) | PTE_P | PTE_A |
		(flags & (PTE_W | PTE_NX));
	old = backend_table_get(table, index);
	if ((old & SHADOW_COMPARED) == (entry & SHADOW_COMPARED))
		return 1;
	upper_clear(table, index, 2);
	upper_set(table, index, entry);
	return 1;
}

/* @table of the shadow maps @va by the guest's @leaf. */
static void upper_note(unsigned table, uint64_t va, uint64_t leaf)
{
	if (!(leaf & PTE_G))
		nonglobal_note(table, va);
}

static void upper_note_code(unsigned table, unsigned index, uint64_t va, uint64_t want)
{
	uint64_t old = backend_table_get(table, index);

	if (!shadow_tables[table].large && (want & PTE_P) &&
	    !(want & PTE_NX) && (!(old & PTE_P) || (old & PTE_NX)))
		mmu_note_code(va);
}

static int upper_notes_writers;

/* From this level down, tables that the same entry leads to as before are left
   alone: what has changed in them is seen to elsewhere. */
static int upper_shallow;

static int upper_is_same(unsigned table, unsigned index, int level, uint64_t entry)
{
	unsigned below;

	if (level > upper_shallow || entry & PTE_PS)
		return 0;
	below = backend_table_of(backend_table_get(table, index));
	return below && shadow_tables[below].piece == (entry & ~PTE_A);
}

/*
 * Make entry @index of the shadow's @table what the guest's entry says,
 * everything below it included.
 */
static void upper_sync_entry(unsigned table, unsigned index, uint64_t va,
			      const struct guest_level *guest)
{
	uint64_t entry = guest_entry(guest, index);
	const uint64_t *entries;
	struct guest_level below;
	int shallow = upper_shallow;
	unsigned next;

	if (backend_va_reserved(va) && !backend_fixed_table(va, guest->level - 1))
		return;
	if (!(entry & PTE_P)) {
		if (!backend_fixed_table(va, guest->level - 1))
			upper_clear(table, index, guest->level);
		else
			goto recurse;
		return;
	}
	if (guest->level == 1) {
		uint64_t flags = guest->flags & (entry | ~(PTE_W | PTE_U));
		uint64_t old = backend_table_get(table, index), want;

		flags |= entry & PTE_NX;
		want = shadow_leaf(entry & PTE_ADDRESS, entry, flags);
		upper_note(table, va, entry);
		if (shadow_leaf_differs(old, want)) {
			upper_note_code(table, index, va, want);
			upper_set_leaf(table, index, old, want);
		} else if (upper_notes_writers) {
			shadow_note_writer(table, index, old);
		}
		return;
	}
	if (upper_is_same(table, index, guest->level, entry) ||
	    (!(entry & PTE_PS) && upper_share(table, index, va, guest)))
		return;
recurse:
	below = entry & PTE_P ? guest_below(guest, entry)
			      : (struct guest_level){ .level = guest->level - 1 };
	if (guest->level == 2 && (entry & PTE_PS) &&
	    upper_fill_linear(table, index, below.large & PTE_ADDRESS, below.flags)) {
		upper_note(table, va, entry);
		return;
	}
	next = upper_below(table, index, guest->level, va);
	if (!next)
		return;
	if (guest->level == 2)
		shadow_tables[next].large = !!(entry & PTE_PS);
	if (shadow_tables[next].piece != (entry & ~PTE_A)) {
		shadow_tables[next].listed = 0;
		upper_shallow = 0;	/* other rights for all that is below */
	}
	shadow_tables[next].piece = entry & ~PTE_A;
	entries = backend_table_entries(next);
	for (unsigned i = 0; i < 512; i++)
		if ((guest_entry(&below, i) & PTE_P) || entries[i])
			upper_sync_entry(next, i, va + ((uint64_t)i << (3 + 9 * below.level)),
					 &below);
	upper_shallow = shallow;
}

static void upper_drop_page(uint64_t va)
{
	unsigned table = backend_root(0), parent = 0;
	int level;

	if (backend_va_reserved(va & ~0xfffull))
		return;
	for (level = 4; level > 1; level--) {
		uint64_t entry = backend_table_get(table, shadow_index(va, level));
		unsigned below = backend_table_of(entry);

		if (!(entry & PTE_P))
			return;
		if (!below) {	/* a linear table */
			upper_clear(table, shadow_index(va, level), level);
			return;
		}
		parent = table;
		table = below;
	}
	if (shadow_tables[table].large)
		upper_clear(parent, shadow_index(va, 2), 2);
	else
		upper_clear(table, shadow_index(va, 1), 1);
}

static void upper_sync_slot(uint64_t root, unsigned i)
{
	struct guest_level top = guest_top(root);

	upper_sync_entry(backend_root(0), i, (uint64_t)i << 39 | 0xffffull << 48, &top);
}

void upper_sync(uint64_t root)
{
	nonglobal_reset();
	for (unsigned i = 256; i < 512; i++) {
		upper_learn(root, i);
		upper_sync_slot(root, i);
	}
}

void upper_purge(uint64_t root)
{
	upper_sync(root);
	upper_notes_writers = 1;	/* of those that are left */
	upper_sync(root);
	upper_notes_writers = 0;
}

void upper_sync_root(uint64_t root)
{
	for (unsigned i = 256; i < 512; i++)
		if (upper_learn(root, i))
			upper_sync_slot(root, i);
}

/* What the guest's table of @level maps around @va. */
static void upper_sync_around(uint64_t root, uint64_t va, int level)
{
	struct guest_level guest = guest_top(root);
	unsigned table = backend_root(0);

	while (guest.level > level + 1) {
		unsigned index = shadow_index(va, guest.level);
		uint64_t entry = guest_entry(&guest, index);

		if (!(entry & PTE_P)) {
			upper_drop_page(va);
			return;
		}
		table = upper_below(table, index, guest.level, va);
		if (!table)
			return;
		guest = guest_below(&guest, entry);
	}
	va &= ~((1ull << (12 + 9 * level)) - 1);
	upper_sync_entry(table, shadow_index(va, guest.level), va, &guest);
}

void upper_sync_below(uint64_t root, uint64_t va, int level)
{
	upper_shallow = level;
	upper_sync_around(root, va, level);
	upper_shallow = 0;
}

void upper_sync_page(uint64_t root, uint64_t va)
{
	if (upper_together() && upper_learn(root, shadow_index(va, 4)))
		upper_sync_slot(root, shadow_index(va, 4));
	upper_sync_around(root, va, 1);
}

int upper_fill(uint64_t va, const struct mmu_walk *walk)
{
	unsigned table = backend_root(0);
	uint64_t leaf;

	if (backend_va_reserved(va & ~0xfffull))
		return -1;
	for (int level = 4; level > 1; level--) {
		if (level == 2 && walk->level >= 2 &&
		    upper_fill_linear(table, shadow_index(va, 2), walk->gpa & ~0x1fffffull,
				       walk->flags)) {
			upper_note(table, va, walk->leaf);
			return 0;
		}
		table = upper_below(table, shadow_index(va, level), level, va);
		if (!table)
			return -1;
	}
	leaf = shadow_leaf(walk->gpa & PTE_ADDRESS, walk->leaf, walk->flags);
	if (!leaf)
		return -1;
	if (walk->level > 1)
		shadow_tables[table].large = 1;
	upper_note(table, va, walk->leaf);
	upper_note_code(table, shadow_index(va, 1), va & ~0xfffull, leaf);
	upper_set_leaf(table, shadow_index(va, 1),
			backend_table_get(table, shadow_index(va, 1)), leaf);
	return 0;
}
