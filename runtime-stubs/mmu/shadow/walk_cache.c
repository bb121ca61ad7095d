/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * The commonest cases of mmu_fault, mmu_prefill and mmu_invalidate: user pages of 4 KiB
 * whose table is in the shadow already. In any other case the result is -1 or MMU_UNKNOWN,
 * nothing but accessed and dirty bits has changed, and the caller must call one of those three.
 */
#include "walk_cache.h"
#include "lower.h"
#include "shadow.h"
#include "../mmu.h"
#include "../../board/board.h"

/* A factor of the space's number keeps the same stretch of several processes apart. */
static struct walk_cache_way *way_of(uint64_t va)
{
	return &walk_cache_vcpu.ways[(va >> 21 ^ spaces_vcpu.now * 7) % WALK_CACHE_WAYS];
}

static int way_is_known(const struct walk_cache_way *way, uint64_t va)
{
	return way->stretch == va >> 21 && way->changes == spaces_vm.changes &&
	       way->space == spaces_vcpu.now;
}

void walk_cache_remember(uint64_t va, unsigned table)
{
	static const uint64_t none;

	*way_of(va) = (struct walk_cache_way){
		.stretch = va >> 21, .changes = spaces_vm.changes, .space = spaces_vcpu.now,
		.table = table, .shadow = &shadow_vm.tables[table],
		.at = { &none, &none, &none }, .entries = { PTE_P, PTE_P, PTE_P }
	};
}

/* What way_walk returns. */
enum way_walked {
	WAY_UNKNOWN = -1,	/* a large page, no memory, an accessed bit to be set, or
				   another table than the shadow's: for mmu_fault */
	WAY_WALKED,		/* way->guest and way->flags are valid */
	WAY_NOT_PRESENT		/* an entry above level 1 is not present */
};

/* One level of way_walk_all: reads the entry for va in the guest's table @table. */
#define STEP(level) do {						\
	if (table >= low && !backend_is_memory(table))			\
		return WAY_UNKNOWN;					\
	way->at[level - 2] = (uint64_t *)(memory + table) + shadow_index(va, level); \
	entry = way->entries[level - 2] = *way->at[level - 2];		\
	if (!(entry & PTE_P))						\
		return WAY_NOT_PRESENT;					\
	if ((entry & (PTE_A | PTE_PS)) != PTE_A)			\
		return WAY_UNKNOWN;					\
	rights &= entry;						\
	nx |= entry;							\
	table = entry & PTE_ADDRESS;					\
} while (0)

/* Walks the guest's tables down to level 1 and fills in the guest's part of @way. Sets no
   accessed bit: entries without it are left to mmu_fault. */
static __attribute__((noinline)) enum way_walked way_walk_all(uint64_t va, struct walk_cache_way *way)
{
	uint64_t table = spaces_vcpu.root, rights = ~0ull, nx = 0, entry;
	const uint8_t *memory = backend_guest_memory;
	uint64_t low = backend_low_bytes;

	way->guest = NULL;
	STEP(4);
	nx &= ~paging_vcpu.top_ignored;
	STEP(3);
	STEP(2);
	if (table >= low && !backend_is_memory(table))
		return WAY_UNKNOWN;
	way->guest = (uint64_t *)(memory + table);
	way->flags = rights = (rights & (PTE_W | PTE_U)) | (nx & PTE_NX);
	if (way->shadow->gfn == table / BACKEND_PAGE &&
	    way->shadow->rights == shadow_rights(rights))
		return WAY_WALKED;
	way->guest = NULL;
	return WAY_UNKNOWN;
}

/* The same, without a walk if the three entries above level 1 are those of the last one. */
static inline enum way_walked way_walk(uint64_t va, struct walk_cache_way *way)
{
	return *way->at[2] == way->entries[2] && *way->at[1] == way->entries[1] &&
	       *way->at[0] == way->entries[0] && way->guest ? WAY_WALKED : way_walk_all(va, way);
}

/* shadow_leaf for user pages. Returns 0 if the page is not to be mapped before an access, or is
   left to the slow path. */
static inline uint64_t way_leaf(const struct walk_cache_way *way, uint64_t entry)
{
	uint64_t gpa = entry & PTE_ADDRESS, leaf, frame;

	if ((entry & (PTE_P | PTE_U | PTE_A)) != (PTE_P | PTE_U | PTE_A) || !(way->flags & PTE_U))
		return 0;
	frame = backend_frame(gpa / BACKEND_PAGE);
	if (frame == BACKEND_NO_FRAME || bus_find_memory(&board_vm.bus, gpa))
		return 0;
	leaf = frame | PTE_P | PTE_U | PTE_A | ((way->flags | entry) & PTE_NX);
	return (entry & way->flags & PTE_W) && (entry & PTE_D) ? leaf | PTE_W | PTE_D : leaf;
}

static int way_is_used(const struct shadow_table *s, unsigned index)
{
	return s->used[index / 64] >> index % 64 & 1;
}

/* Returns 1 if a present neighbour is not mapped yet: left to lower_fill_around. */
static inline int way_has_neighbour(const struct shadow_table *s, unsigned index, const uint64_t *at)
{
	uint64_t used = s->used[index / 64] >> (index & (64 - LOWER_AROUND));
	unsigned i = index % LOWER_AROUND;

	return (i && (at[-1] & PTE_P) && !(used << 1 >> i & 1)) ||
	       (i != LOWER_AROUND - 1 && (at[1] & PTE_P) && !(used >> 1 >> i & 1));
}

/* Returns 1 if @entry maps the same frame as @old with no right less. */
static int way_only_adds(uint64_t old, uint64_t entry)
{
	return !((old ^ entry) & PTE_ADDRESS) && !(old & ~entry & (PTE_P | PTE_W | PTE_U)) &&
	       !(entry & ~old & PTE_NX);
}

/* The shadow has an entry already. Not inlined, as that is rare. */
static __attribute__((noinline)) int way_add_rights(uint64_t va, const struct walk_cache_way *way,
						      uint64_t leaf)
{
	unsigned index = shadow_index(va, 1);
	uint64_t old = backend_table_get(way->table, index);

	if (!way_only_adds(old, leaf))
		return -1;
	shadow_count_writers(way->table, index, old, leaf);
	return backend_table_set_page(way->table, index, va, leaf, 0);
}

/* Maps @va by the guest's @entry. */
static int way_fill(uint64_t va, const struct walk_cache_way *way, uint64_t entry)
{
	unsigned index = shadow_index(va, 1);
	struct shadow_table *s = way->shadow;
	uint64_t leaf = way_leaf(way, entry);

	if (!leaf || way_has_neighbour(s, index, way->guest + index))
		return -1;
	if (way_is_used(s, index))
		return way_add_rights(va, way, leaf);
	s->used[index / 64] |= 1ull << index % 64;
	if (leaf & PTE_W)
		shadow_add_writer((entry & PTE_ADDRESS) / BACKEND_PAGE,
				  shadow_where(way->table, index));
	return backend_table_set_page(way->table, index, va, leaf, 0);
}

/* The guest's @entry allows @access: sets its bits and maps @va. */
static __attribute__((noinline)) enum mmu_result way_allow(uint64_t va, uint32_t access,
							       struct walk_cache_way *way, uint64_t entry)
{
	uint64_t want = entry | (access & PF_W ? PTE_A | PTE_D : PTE_A);

	/* Another processor may have changed it. */
	if (entry != want &&
	    !__atomic_compare_exchange_n(&way->guest[shadow_index(va, 1)], &entry, want, 0,
					 __ATOMIC_RELAXED, __ATOMIC_RELAXED))
		return MMU_UNKNOWN;
	if (way_fill(va, way, want))
		return MMU_UNKNOWN;
	mmu_vcpu.counters.fills++;
	return MMU_MAPPED;
}

enum mmu_result mmu_cached_fault(uint64_t va, uint32_t access, uint32_t *error)
{
	uint64_t entry = 0;
	struct walk_cache_way *way = way_of(va);
	enum way_walked walked;

	if (va >> 47 || !way_is_known(way, va))
		return MMU_UNKNOWN;
	walked = way_walk(va, way);
	if (walked == WAY_UNKNOWN)
		return MMU_UNKNOWN;
	if (walked == WAY_WALKED)
		entry = *(volatile uint64_t *)&way->guest[shadow_index(va, 1)];
	*error = access | (entry & PTE_P ? PF_P : 0);
	if (!(entry & PTE_P) || !(entry & way->flags & PTE_U) ||
	    ((access & PF_W) && !(entry & way->flags & PTE_W)) ||
	    ((access & PF_I) && ((entry | way->flags) & PTE_NX))) {
		mmu_vcpu.counters.reflected++;
		return MMU_REFLECTED;
	}
	return way_allow(va, access, way, entry);
}

int mmu_cached_prefill(uint64_t va)
{
	struct walk_cache_way *way = way_of(va);

	if (va >> 47 || !way_is_known(way, va) || way_walk(va, way) != WAY_WALKED)
		return -1;
	return way_fill(va, way, *(volatile uint64_t *)&way->guest[shadow_index(va, 1)]);
}

int shadow_invalidate_cached(uint64_t va)
{
	struct walk_cache_way *way = way_of(va);
	unsigned index = shadow_index(va, 1);
	struct shadow_table *s = way->shadow;
	uint64_t want, have;

	mmu_vcpu.generation++;
	if (!way_is_known(way, va) || shadow_vm.flush_pending)
		return -1;
	if (!way_is_used(s, index))
		return 0;
	if (way_walk(va, way) != WAY_WALKED)
		return -1;
	want = way_leaf(way, *(volatile uint64_t *)&way->guest[index]);
	have = backend_table_get(way->table, index);
	if (!shadow_user_leaf_differs(have, want))
		return 0;
	if (!want)
		s->used[index / 64] &= ~(1ull << index % 64);
	shadow_count_writers(way->table, index, have, want);
	backend_table_set_page(way->table, index, va, want, 1);
	return 0;
}
