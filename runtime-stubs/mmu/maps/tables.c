/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * The tables of the shadow (iface/tables.h) as arrays. No processor walks them but this
 * file: what they say is mapped by faults (maps.c).
 *
 * Invariants: an entry of level 2 to 4 has the address of a table, above all memory:
 * of the pool, or of a linear table. PTE_D of a leaf is set before a process of the
 * host can write through it.
 */
#include "tables.h"
#include "../mmu.h"
#include "../../iface/memory.h"
#include "../../iface/tables.h"
#include "../../iface/vcpu.h"
#include <string.h>

#define TABLE_SIZE (512ull * BACKEND_PAGE)	/* that one table of leaves maps */
#define POOL_SHARE 4u			/* one frame of all in so many, and ... */
#define POOL_LEAST 2048u
#define TABLE_LINEAR 16384u		/* names of linear tables begin here */
#define POOL_ADDRESS (1ull << 40)	/* above all guest memory */
#define LINEAR_ADDRESS (1ull << 41)
#define LINEAR_RIGHTS (PTE_P | PTE_W | PTE_A | PTE_D)

enum { TABLE_ROOT = 1, TABLE_USER_ROOT, TABLE_FIRST };

typedef uint64_t table_entries[512];

static table_entries *pool;
static uint64_t *linear;
const uint64_t *backend_linear;
const uint64_t backend_leaf_mask = PTE_U, backend_leaf_supervisor = 0;

uint64_t maps_changes[2] = { 1, 1 };

/* By table: whose half of the addresses it belongs to, as the entry says that leads to it.
   What is not known counts for both. */
enum { HALF_UNKNOWN, HALF_LOWER, HALF_UPPER, HALF_ROOT };
static uint8_t *half;
/* By table, and by linear table behind them: maps_changes when something was taken from it. */
static uint64_t (*changed)[2];
static uint16_t *next_free;
static unsigned tables, fresh = TABLE_FIRST, used, first_free;

void maps_tables_init(uint64_t frames)
{
	tables = frames / POOL_SHARE;
	if (tables < POOL_LEAST)
		tables = POOL_LEAST;
	if (tables > TABLE_LINEAR)
		tables = TABLE_LINEAR;
	pool = backend_memory(tables * sizeof(*pool));
	linear = backend_memory((backend_guest_bytes / BACKEND_PAGE + 511) / 512 * sizeof(*pool));
	backend_linear = linear;
	next_free = backend_memory(tables * sizeof(*next_free));
	half = backend_memory(tables);
	changed = backend_memory((TABLE_LINEAR + backend_guest_bytes / BACKEND_PAGE / 512 + 1) *
				 sizeof(*changed));
	half[TABLE_ROOT] = half[TABLE_USER_ROOT] = HALF_ROOT;
	maps_kernel_root = TABLE_ROOT;
	maps_user_root = TABLE_USER_ROOT;
	for (uint64_t gfn = 0; gfn < backend_guest_bytes / BACKEND_PAGE; gfn++)
		if (backend_is_memory(gfn * BACKEND_PAGE))
			linear[gfn] = backend_frame(gfn) | LINEAR_RIGHTS;
}

unsigned backend_table_alloc(int level)
{
	unsigned table = first_free;

	if (table)
		first_free = next_free[table];
	else if (fresh < tables)
		table = fresh++;
	used += !!table;
	half[table] = level == 4 ? HALF_ROOT : HALF_UNKNOWN;
	return table;
}

/* Does whoever holds @old have something that @entry does not give? */
static int table_takes(uint64_t old, uint64_t entry)
{
	return (old & PTE_P) && (((old ^ entry) & PTE_ADDRESS) ||
		(old & ~entry & (PTE_P | PTE_W | PTE_U | PTE_D)) || (entry & ~old & PTE_NX));
}

static uint8_t table_half(unsigned table, unsigned index)
{
	if (half[table] != HALF_ROOT)
		return half[table];
	return index < BACKEND_UPPER_FIRST ? HALF_LOWER : HALF_UPPER;
}

static void table_changed(unsigned table, uint8_t whose)
{
	maps_changes[0] += whose != HALF_UPPER;
	maps_changes[1] += whose != HALF_LOWER;
	for (int i = 0; i < 2; i++)
		changed[table][i] = maps_changes[i];
}

void maps_frame_changed(uint64_t gfn)
{
	table_changed(TABLE_LINEAR + gfn / 512, HALF_UNKNOWN);
}

void backend_table_set(unsigned table, unsigned index, uint64_t entry)
{
	uint8_t whose = table_half(table, index);
	unsigned below = backend_table_of(entry);

	if (table_takes(pool[table][index], entry))
		table_changed(table, whose);
	if (below)
		half[below] = whose;
	pool[table][index] = entry;
}

int backend_table_set_page(unsigned table, unsigned index, uint64_t va, uint64_t entry,
			   int flush)
{
	(void)va;
	backend_table_set(table, index, entry);
	if (flush)
		backend_table_commit(BACKEND_FLUSH);
	return 0;
}

void backend_table_free(unsigned table)
{
	memset(pool[table], 0, sizeof(*pool));
	table_changed(table, half[table]);
	next_free[table] = first_free;
	first_free = table;
	used--;
}

unsigned backend_tables_left(void)
{
	return tables - TABLE_FIRST - used;
}

uint64_t backend_table_get(unsigned table, unsigned index)
{
	return pool[table][index];
}

const uint64_t *backend_table_entries(unsigned table)
{
	return pool[table];
}

uint64_t backend_table_address(unsigned table)
{
	return table < TABLE_LINEAR ? POOL_ADDRESS + table * (uint64_t)BACKEND_PAGE :
		LINEAR_ADDRESS + (table - TABLE_LINEAR) * (uint64_t)BACKEND_PAGE;
}

unsigned backend_table_of(uint64_t entry)
{
	uint64_t n = ((entry & PTE_ADDRESS) - POOL_ADDRESS) / BACKEND_PAGE;

	return (entry & PTE_P) && n < tables ? n : 0;
}

unsigned backend_table_linear(uint64_t gfn)
{
	return backend_is_memory(gfn << 12) && backend_is_memory((gfn + 511) << 12)
		? TABLE_LINEAR + gfn / 512 : 0;
}

unsigned backend_table_limit(void)
{
	return tables;
}

unsigned backend_fixed_table(uint64_t va, int level)
{
	(void)va;
	(void)level;
	return 0;
}

unsigned backend_root(int user)
{
	return user ? TABLE_USER_ROOT : TABLE_ROOT;
}

int backend_roots_alloc(unsigned *kernel, unsigned *user)
{
	*kernel = backend_table_alloc(4);
	*user = backend_table_alloc(4);
	if (!*kernel || !*user) {
		if (*kernel)
			backend_table_free(*kernel);
		return -1;
	}
	for (unsigned i = BACKEND_UPPER_FIRST; i < BACKEND_UPPER_END; i++)
		backend_table_set(*kernel, i, pool[TABLE_ROOT][i]);
	return 0;
}

VCPU_LOCAL unsigned maps_kernel_root, maps_user_root;

/* The number of the table that @entry refers to. */
static unsigned walk_below(uint64_t entry)
{
	uint64_t address = entry & PTE_ADDRESS;

	return address < LINEAR_ADDRESS ? (address - POOL_ADDRESS) / BACKEND_PAGE :
		TABLE_LINEAR + (address - LINEAR_ADDRESS) / BACKEND_PAGE;
}

static uint64_t *walk_entries(unsigned table)
{
	return table < TABLE_LINEAR ? pool[table] : linear + (table - TABLE_LINEAR) * 512ull;
}

static void walk_window(uint64_t va, struct maps_walk *walk)
{
	uint64_t gfn = (mmu_window.gpa + (va - mmu_window.va)) / BACKEND_PAGE;
	uint64_t start = va & -TABLE_SIZE;

	walk->leaf = linear + gfn;
	walk->rights = PTE_W;
	walk->changed = ~0ull;
	/* Where addresses of a table of leaves are one linear table, and no others. */
	if (!((va / BACKEND_PAGE - gfn) & 511) && start >= mmu_window.va &&
	    start + TABLE_SIZE <= mmu_window.va + mmu_window.size)
		walk->changed = changed[TABLE_LINEAR + gfn / 512][backend_is_upper(va)];
}

void maps_walk_tables(unsigned root, uint64_t va, struct maps_walk *walk)
{
	uint64_t rights = ~0ull, nx = 0, *entry;
	unsigned table = root, which = backend_is_upper(va);

	walk->leaf = NULL;
	walk->changed = 0;
	if (va - mmu_window.va < mmu_window.size) {
		walk_window(va, walk);
		return;
	}
	for (int level = 4; ; level--) {
		entry = walk_entries(table) + (va >> (3 + 9 * level) & 511);
		if (!(*entry & PTE_P))
			return;
		rights &= *entry;
		nx |= *entry;
		if (changed[table][which] > walk->changed)
			walk->changed = changed[table][which];
		if (level == 1)
			break;
		table = walk_below(*entry);
	}
	walk->leaf = entry;
	walk->rights = (rights & (PTE_W | PTE_U)) | (nx & PTE_NX);
}
