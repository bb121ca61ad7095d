/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * The upper half of the shadow. Leaves carry the rights of the whole guest walk;
 * the levels above allow everything. Supervisor mappings are there eagerly.
 *
 * Invariant, for other processors run on these tables while one changes them: what
 * is mapped in the guest's tables before and after a change is mapped during it,
 * with no less rights than it has before or after. Hence
 *  - an entry becomes another by one write, never by way of 0 (upper_exchange);
 *  - a new table is full before an entry refers to it;
 *  - a table that no entry refers to any more keeps what it holds until every
 *    processor's TLB has forgotten it (pool_give_up).
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
	if (guest->table) {	/* once: another processor may write to it */
		uint64_t entry = __atomic_load_n(&guest->table[index], __ATOMIC_RELAXED);

		return guest->level == 4 && (entry & PTE_PS) ? 0 : entry;	/* reserved */
	}
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

/* Entry @i of a level-4 table, @entry, counts from now on; 1 if it is another than
   before. */
static int upper_learn(unsigned i, uint64_t entry)
{
	if (!((upper_entries[i] ^ entry) & ~PTE_A) ||
	    (upper_together() && upper_entries[i] & PTE_P))
		return 0;
	upper_entries[i] = entry;
	upper_generation++;
	return 1;
}

/* The level-4 table @root, or an empty one. */
static const uint64_t *upper_root(uint64_t root)
{
	static const uint64_t none[512];
	const uint64_t *top = backend_guest(root);

	return top ? top : none;
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
	pool_give_up(table);
}

/* Entry @index of @table, of @level 2 to 4, becomes @entry; what it led to goes if
   nothing else leads there. */
static void upper_exchange(unsigned table, unsigned index, int level, uint64_t entry)
{
	unsigned below = backend_table_of(backend_table_get(table, index));

	upper_set(table, index, entry);
	if (below)
		upper_free(below, level - 1);
}

static void upper_clear(unsigned table, unsigned index, int level)
{
	uint64_t entry = backend_table_get(table, index);

	if (!(entry & PTE_P))
		return;
	if (level == 1)
		upper_set_leaf(table, index, entry, 0);
	else
		upper_exchange(table, index, level, 0);
}

/* The table below entry @index of @table (of @level) that may be changed in place;
   0: there is none. */
static unsigned upper_existing(unsigned table, unsigned index, int level, uint64_t va)
{
	unsigned fixed = backend_fixed_table(va, level - 1);

	return fixed ? fixed : backend_table_of(backend_table_get(table, index));
}

/* A table of @level that nothing refers to yet, or 0. */
static unsigned upper_new(int level)
{
	unsigned table = pool_alloc_upper(level);

	if (table)
		shadow_tables[table] = (struct shadow_table){ .links = 1 };
	return table;
}

/* The same at level 3 or 4, where nothing but tables are referred to; one that was
   not there is made, empty. */
static unsigned upper_below(unsigned table, unsigned index, int level, uint64_t va)
{
	unsigned below = upper_existing(table, index, level, va);

	if (below)
		return below;
	below = upper_new(level - 1);
	if (below)
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

	mine = backend_table_get(table, index);
	if (index && guest->table && !backend_fixed_table(va, guest->level - 1) &&
	    !backend_fixed_table(before_va, guest->level - 1) &&
	    !backend_va_reserved(before_va) &&
	    !((guest_entry(guest, index - 1) ^ entry) & ~PTE_A)) {
		before = backend_table_get(table, index - 1);
		if ((mine & PTE_ADDRESS) == (before & PTE_ADDRESS) && (mine & PTE_P))
			return 1;
		if (backend_table_of(before) &&
		    shadow_tables[backend_table_of(before)].piece == (entry & ~PTE_A)) {
			shadow_tables[backend_table_of(before)].links++;
			upper_exchange(table, index, guest->level, before);
			return 1;
		}
	}
	return 0;
}

/* @table has been shared with a neighbour that was equal, and @entry is not. */
static int upper_is_anothers(unsigned table, uint64_t entry)
{
	return shadow_tables[table].links > 1 && shadow_tables[table].piece != (entry & ~PTE_A);
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
	upper_exchange(table, index, 2, entry);
	return 1;
}

/* The tables on the way to what is looked at, by level. */
static unsigned upper_way[5];

/* The last of them, of @level, maps @va by the guest's @leaf. */
static void upper_note(int level, uint64_t va, uint64_t leaf)
{
	if (!(leaf & PTE_G))
		nonglobal_note(upper_way, level, va);
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
	} else if (upper_notes_writers) {
		shadow_note_writer(table, index, old);
	}
}

static void upper_sync_entry(unsigned table, unsigned index, uint64_t va,
			     const struct guest_level *guest);

/* What stands below the guest's @entry. */
static void upper_sync_table(unsigned table, unsigned index, uint64_t va,
			     const struct guest_level *below, uint64_t entry)
{
	unsigned next = upper_existing(table, index, below->level + 1, va), fresh = 0;
	const uint64_t *entries;
	int shallow = upper_shallow;

	if (!next || upper_is_anothers(next, entry))
		next = fresh = upper_new(below->level);
	if (!next) {		/* the wedge stops: nothing of before is left until then */
		upper_clear(table, index, below->level + 1);
		return;
	}
	if (below->level == 1)
		shadow_tables[next].large = !!(entry & PTE_PS);
	if (shadow_tables[next].piece != (entry & ~PTE_A)) {
		shadow_tables[next].listed = 0;
		upper_shallow = 0;	/* other rights for all that is below */
	}
	shadow_tables[next].piece = entry & ~PTE_A;
	entries = backend_table_entries(next);
	for (unsigned i = 0; i < 512; i++)
		if ((guest_entry(below, i) & PTE_P) || entries[i])
			upper_sync_entry(next, i, va + ((uint64_t)i << (3 + 9 * below->level)),
					 below);
	upper_shallow = shallow;
	if (fresh)
		upper_exchange(table, index, below->level + 1,
			       backend_table_address(fresh) | SHADOW_LINK);
}

/*
 * Make entry @index of the shadow's @table what the guest's entry says,
 * everything below it included.
 */
static void upper_sync_entry(unsigned table, unsigned index, uint64_t va,
			      const struct guest_level *guest)
{
	uint64_t entry = guest_entry(guest, index);
	int fixed = !!backend_fixed_table(va, guest->level - 1);
	struct guest_level below = { .level = guest->level - 1 };

	upper_way[guest->level] = table;
	if (backend_va_reserved(va) && !fixed)
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

	upper_sync_entry(backend_root(0), i, shadow_top_va(i), &top);
}

void upper_sync(uint64_t root)
{
	const uint64_t *top = upper_root(root);

	nonglobal_reset();
	for (unsigned i = BACKEND_UPPER_FIRST; i < BACKEND_UPPER_END; i++) {
		upper_learn(i, top[i]);
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
	const uint64_t *top = upper_root(root);

	for (unsigned i = BACKEND_UPPER_FIRST; i < BACKEND_UPPER_END; i++)
		if ((top[i] ^ upper_entries[i]) & ~PTE_A && upper_learn(i, top[i]))
			upper_sync_slot(root, i);
}

/* What the guest's table of @level maps around @va. */
static void upper_sync_around(uint64_t root, uint64_t va, int level)
{
	struct guest_level guest = guest_top(root);
	unsigned table = backend_root(0);

	while (guest.level > level + 1) {
		unsigned index = shadow_index(va, guest.level), below;
		uint64_t entry = guest_entry(&guest, index);

		if (!(entry & PTE_P)) {
			upper_drop_page(va);
			return;
		}
		upper_way[guest.level] = table;
		below = upper_below(table, index, guest.level, va);
		if (!below)
			return;
		if (upper_is_anothers(below, entry))
			break;
		table = below;
		guest = guest_below(&guest, entry);
	}
	va &= ~((1ull << (3 + 9 * guest.level)) - 1);
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
	unsigned top = shadow_index(va, 4);

	if (upper_together() && upper_learn(top, upper_root(root)[top]))
		upper_sync_slot(root, top);
	upper_sync_around(root, va, 1);
}

/* Does entry @index of @table, of level 2, map what @walk says of @va? */
static int upper_maps(unsigned table, unsigned index, uint64_t va, const struct mmu_walk *walk)
{
	uint64_t leaf = shadow_leaf(walk->gpa & PTE_ADDRESS, walk->leaf, walk->flags);
	uint64_t link = backend_table_get(table, index);
	unsigned below = backend_table_of(link);

	if (!leaf)
		return 0;
	if (below)
		return !shadow_leaf_differs(backend_table_get(below, shadow_index(va, 1)), leaf);
	below = backend_table_linear(walk->gpa >> 21 << 9);
	return below && (link & PTE_P) && (walk->gpa >> 12) % 512 == shadow_index(va, 1) &&
	       !((link ^ backend_table_address(below)) & PTE_ADDRESS) &&
	       !((link ^ leaf) & (PTE_W | PTE_NX));
}

int upper_fill(uint64_t va, const struct mmu_walk *walk)
{
	struct guest_level guest = { .level = 4, .flags = PTE_W | PTE_U };
	unsigned table = backend_root(0), index = shadow_index(va, 2);

	if (backend_va_reserved(va & ~0xfffull))
		return -1;
	for (; guest.level > 2; guest = guest_below(&guest, walk->entries[guest.level])) {
		upper_way[guest.level] = table;
		table = upper_below(table, shadow_index(va, guest.level), guest.level, va);
		if (!table)
			return -1;
	}
	/* Most likely upper_sync_page has done it; not if it has looked at a fuller
	   root than the one that runs. */
	if (!upper_maps(table, index, va, walk))
		upper_sync_entry(table, index, va & ~0x1fffffull, &guest);
	return upper_maps(table, index, va, walk) ? 0 : -1;
}
