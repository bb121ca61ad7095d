/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/* Updates of the upper half: all of it, or the part of one address (upper.h). */
#include "upper.h"
#include "nonglobal.h"

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
	if (shadow_vm.tables[table].large)
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
	upper_vm.notes_writers = 1;	/* the second time: of the mappings that are left */
	upper_sync(root);
	upper_vm.notes_writers = 0;
}

void upper_sync_root(uint64_t root)
{
	const uint64_t *top = upper_root(root);

	for (unsigned i = BACKEND_UPPER_FIRST; i < BACKEND_UPPER_END; i++)
		if ((top[i] ^ upper_vm.entries[i]) & ~PTE_A && upper_learn(i, top[i]))
			upper_sync_slot(root, i);
}

/* What the guest's table of @level maps that maps @va, too. */
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
		upper_vm.way[guest.level] = table;
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
	upper_vm.shallow = level;
	upper_sync_around(root, va, level);
	upper_vm.shallow = 0;
}

void upper_sync_page(uint64_t root, uint64_t va)
{
	unsigned top = shadow_index(va, 4);

	if (upper_together() && upper_learn(top, upper_root(root)[top]))
		upper_sync_slot(root, top);
	upper_sync_around(root, va, 1);
}
