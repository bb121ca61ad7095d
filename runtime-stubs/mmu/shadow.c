/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * Shadow tables: what the processor walks. Leaves carry the rights of the whole
 * guest walk; the levels above allow everything.
 */
#include "mmu.h"
#include "device.h"
#include "../backend/backend.h"

#define LINK (PTE_P | PTE_W | PTE_U | PTE_A | PTE_D)
#define COMPARED (PTE_P | PTE_W | PTE_NX | PTE_ADDRESS)
#define MAX_TABLES 4096		/* names of tables that come and go */

/* One level of the guest's tables: a table, or a large page cut into pieces. */
struct guest_level {
	uint64_t *table;	/* NULL: a piece of @large, or nothing at all */
	uint64_t large;
	uint64_t flags;		/* rights gathered above */
	int level;
};

/* 2 MiB stretches of the upper half with an entry without G. */
#define NONGLOBAL_MAX 32
static uint64_t shadow_nonglobal[NONGLOBAL_MAX];
static unsigned shadow_nonglobal_count;		/* more than there is room: many */

static uint8_t shadow_large[MAX_TABLES];	/* made from a large page */
static uint16_t shadow_links[MAX_TABLES];	/* entries that refer to a table */

static void shadow_note_nonglobal(uint64_t va)
{
	va &= ~0x1fffffull;
	for (unsigned i = 0; i < shadow_nonglobal_count && i < NONGLOBAL_MAX; i++)
		if (shadow_nonglobal[i] == va)
			return;
	if (shadow_nonglobal_count < NONGLOBAL_MAX)
		shadow_nonglobal[shadow_nonglobal_count] = va;
	if (shadow_nonglobal_count <= NONGLOBAL_MAX)
		shadow_nonglobal_count++;
}

int shadow_sync_nonglobal(uint64_t root)
{
	unsigned count = shadow_nonglobal_count;
	uint64_t list[NONGLOBAL_MAX];

	if (count > NONGLOBAL_MAX)
		return -1;
	for (unsigned i = 0; i < count; i++)
		list[i] = shadow_nonglobal[i];
	shadow_nonglobal_count = 0;
	for (unsigned i = 0; i < count; i++)
		shadow_sync_page(root, list[i]);
	return 0;
}

static unsigned shadow_index(uint64_t va, int level)
{
	return va >> (3 + 9 * level) & 511;
}

static int shadow_is_lower(uint64_t va)
{
	return (int64_t)va >= 0;
}

static uint64_t guest_entry(const struct guest_level *guest, unsigned index)
{
	if (guest->table)
		return guest->table[index];
	if (!guest->large)
		return 0;
	return (guest->large & ~(guest->level == 1 ? PTE_PS : 0)) +
	       ((uint64_t)index << (3 + 9 * guest->level));
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

/* The shadow's leaf for a guest's, @flags from the whole walk; 0: none. */
static uint64_t shadow_leaf(uint64_t gpa, uint64_t leaf, uint64_t flags)
{
	uint64_t frame = backend_frame(gpa / BACKEND_PAGE);
	uint64_t entry;

	if (mmu_device_at(gpa))
		return 0;
	if (frame == BACKEND_NO_FRAME)
		return 0;
	entry = frame | PTE_P | PTE_A | (flags & (PTE_U | PTE_NX));
	/* A user page is written first when that can be noted as dirty.
	   LIMIT: a supervisor page's dirty bit is not set by writes. */
	if ((flags & PTE_W) && (!(flags & PTE_U) || (leaf & PTE_D)))
		entry |= PTE_W | PTE_D;
	return entry;
}

static void shadow_set_root(unsigned index, uint64_t entry)
{
	backend_table_set(backend_root(0), index, entry);
	if (index < 256)
		backend_table_set(backend_root(1), index, entry);
}

static void shadow_set(unsigned table, unsigned index, uint64_t entry)
{
	if (table == backend_root(0))
		shadow_set_root(index, entry);
	else
		backend_table_set(table, index, entry);
}

/* An entry refers to @table no more: give it back, with all below it, if that
   was the last one. */
static void shadow_free(unsigned table, int level)
{
	if (--shadow_links[table])
		return;
	if (level > 1) {
		const uint64_t *entries = backend_table_entries(table);

		for (unsigned i = 0; i < 512; i++) {
			unsigned below = entries[i] ? backend_table_of(entries[i]) : 0;

			if (below)
				shadow_free(below, level - 1);
		}
	}
	shadow_large[table] = 0;
	backend_table_free(table);
}

static void shadow_clear(unsigned table, unsigned index, int level)
{
	uint64_t entry = backend_table_get(table, index);
	unsigned below;

	if (!(entry & PTE_P))
		return;
	below = level > 1 ? backend_table_of(entry) : 0;
	shadow_set(table, index, 0);
	if (below)
		shadow_free(below, level - 1);
}

/* The table below entry @index of @table (of @level), made if need be. */
static unsigned shadow_below(unsigned table, unsigned index, int level, uint64_t va)
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
	shadow_links[below] = 1;
	shadow_set(table, index, backend_table_address(below) | LINK);
	return below;
}

/*
 * Kernels alias tables (Linux: the espfix area, 65,536 times the same page), so
 * neighbours with equal entries get the same shadow. 1: entry @index is done.
 */
static int shadow_share(unsigned table, unsigned index, uint64_t va,
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
			shadow_clear(table, index, guest->level);
			shadow_links[backend_table_of(before)]++;
			shadow_set(table, index, before);
			return 1;
		}
	}
	if (below && shadow_links[below] > 1)
		shadow_clear(table, index, guest->level);
	return 0;
}

/* A large page of the kernel's maps whole frames: all of them share tables. */
static int shadow_fill_linear(unsigned table, unsigned index, uint64_t gpa, uint64_t flags)
{
	unsigned linear;
	uint64_t entry, old;

	if (flags & PTE_U)
		return 0;
	linear = backend_table_linear(gpa / BACKEND_PAGE);
	if (!linear)
		return 0;
	entry = backend_table_address(linear) | PTE_P | PTE_U | PTE_A |
		(flags & (PTE_W | PTE_NX));
	old = backend_table_get(table, index);
	if ((old & COMPARED) == (entry & COMPARED))
		return 1;
	shadow_clear(table, index, 2);
	shadow_set(table, index, entry);
	return 1;
}

static void shadow_note(uint64_t va, uint64_t leaf, uint64_t flags)
{
	if (shadow_is_lower(va)) {
		if (!(flags & PTE_U))
			shadow_note_lower_supervisor();
	} else if (!(leaf & PTE_G)) {
		shadow_note_nonglobal(va);
	}
}

static void shadow_note_code(unsigned table, unsigned index, uint64_t va, uint64_t want)
{
	uint64_t old = backend_table_get(table, index);

	if (!shadow_is_lower(va) && !shadow_large[table] && (want & PTE_P) &&
	    !(want & PTE_NX) && (!(old & PTE_P) || (old & PTE_NX)))
		mmu_note_code(va);
}

/*
 * Make entry @index of the shadow's @table what the guest's entry says,
 * everything below it included.
 */
static void shadow_sync_entry(unsigned table, unsigned index, uint64_t va,
			      const struct guest_level *guest)
{
	uint64_t entry = guest_entry(guest, index);
	struct guest_level below;
	unsigned next;

	if (backend_va_reserved(va) && !backend_fixed_table(va, guest->level - 1))
		return;
	if (!(entry & PTE_P)) {
		if (!backend_fixed_table(va, guest->level - 1))
			shadow_clear(table, index, guest->level);
		else
			goto recurse;
		return;
	}
	if (guest->level == 1) {
		uint64_t flags = guest->flags & (entry | ~(PTE_W | PTE_U));
		uint64_t want;

		flags |= entry & PTE_NX;
		want = shadow_leaf(entry & PTE_ADDRESS, entry, flags);
		shadow_note(va, entry, flags);
		if ((backend_table_get(table, index) & COMPARED) != (want & COMPARED)) {
			shadow_note_code(table, index, va, want);
			shadow_set(table, index, want);
		}
		return;
	}
	if (!(entry & PTE_PS) && shadow_share(table, index, va, guest))
		return;
recurse:
	below = entry & PTE_P ? guest_below(guest, entry)
			      : (struct guest_level){ .level = guest->level - 1 };
	if (guest->level == 2 && (entry & PTE_PS) &&
	    shadow_fill_linear(table, index, below.large & PTE_ADDRESS, below.flags)) {
		shadow_note(va, entry, below.flags);
		return;
	}
	next = shadow_below(table, index, guest->level, va);
	if (!next)
		return;
	if (guest->level == 2)
		shadow_large[next] = !!(entry & PTE_PS);
	for (unsigned i = 0; i < 512; i++)
		shadow_sync_entry(next, i, va + ((uint64_t)i << (3 + 9 * below.level)), &below);
}

static struct guest_level guest_top(uint64_t root)
{
	return (struct guest_level){ .table = backend_guest(root), .level = 4,
				     .flags = PTE_W | PTE_U };
}

void shadow_sync(uint64_t root, int lower_too)
{
	struct guest_level top = guest_top(root);

	shadow_nonglobal_count = 0;
	for (unsigned i = lower_too ? 0 : 256; i < 512; i++) {
		uint64_t va = (uint64_t)i << 39;

		if (i >= 256)
			va |= 0xffffull << 48;
		shadow_sync_entry(backend_root(0), i, va, &top);
	}
}

/* The 2 MiB around @va, by the guest's tables as they are now. */
void shadow_sync_page(uint64_t root, uint64_t va)
{
	struct guest_level guest = guest_top(root);
	unsigned table = backend_root(0);

	while (guest.level > 2) {
		unsigned index = shadow_index(va, guest.level);
		uint64_t entry = guest_entry(&guest, index);

		if (!(entry & PTE_P)) {
			shadow_drop_page(va);
			return;
		}
		table = shadow_below(table, index, guest.level, va);
		if (!table)
			return;
		guest = guest_below(&guest, entry);
	}
	shadow_sync_entry(table, shadow_index(va, 2), va & ~0x1fffffull, &guest);
}

int shadow_fill(uint64_t va, const struct mmu_walk *walk)
{
	unsigned table = backend_root(0);
	uint64_t leaf;

	if (backend_va_reserved(va & ~0xfffull))
		return -1;
	for (int level = 4; level > 1; level--) {
		if (level == 2 && walk->level >= 2 &&
		    shadow_fill_linear(table, shadow_index(va, 2), walk->gpa & ~0x1fffffull,
				       walk->flags)) {
			shadow_note(va, walk->leaf, walk->flags);
			return 0;
		}
		table = shadow_below(table, shadow_index(va, level), level, va);
		if (!table)
			return -1;
	}
	leaf = shadow_leaf(walk->gpa & PTE_ADDRESS, walk->leaf, walk->flags);
	if (!leaf)
		return -1;
	if (walk->level > 1)
		shadow_large[table] = 1;
	shadow_note(va, walk->leaf, walk->flags);
	shadow_note_code(table, shadow_index(va, 1), va & ~0xfffull, leaf);
	backend_table_set(table, shadow_index(va, 1), leaf);
	return 0;
}

void shadow_drop_lower(void)
{
	const uint64_t *entries = backend_table_entries(backend_root(0));

	for (unsigned i = 0; i < 256; i++)
		if (entries[i])
			shadow_clear(backend_root(0), i, 4);
}

void shadow_drop_page(uint64_t va)
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
			shadow_clear(table, shadow_index(va, level), level);
			return;
		}
		parent = table;
		table = below;
	}
	if (shadow_large[table])
		shadow_clear(parent, shadow_index(va, 2), 2);
	else
		shadow_clear(table, shadow_index(va, 1), 1);
}
