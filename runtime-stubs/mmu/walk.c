/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/* The guest's page tables, walked as the processor does. */
#include "shadow.h"
#include <string.h>

static VCPU_LOCAL uint64_t walk_root;
static VCPU_LOCAL int walk_user_seen;
VCPU_LOCAL struct mmu_counters mmu_counters;
VCPU_LOCAL unsigned mmu_generation;

/* Of the upper half: as mmu_generation. */
static VCPU_LOCAL unsigned walk_kernel_generation;

static VCPU_LOCAL struct {
	uint64_t va;
	unsigned generation, is_global;
	const void *memory;
} walk_pointer;

/* @keep_global: but for entries with G. */
static void walk_new_generation(int keep_global)
{
	mmu_generation++;
	if (keep_global && walk_pointer.is_global)
		return;
	walk_kernel_generation++;
	backend_slow_user = 1;
}

static uint32_t walk_error(uint32_t access, int present)
{
	return access | (present ? PF_P : 0);
}

/*
 * Accessed in every entry, dirty in the leaf of a write. -1: another processor
 * has changed one of them since it was read.
 */
static int walk_mark(const uint64_t *at, const struct mmu_walk *walk, uint32_t access)
{
	for (int level = 4; level >= walk->level; level--) {
		uint64_t seen = walk->entries[level], want = PTE_A;

		if (level == walk->level && (access & PF_W))
			want |= PTE_D;
		if ((seen & want) != want &&
		    !__atomic_compare_exchange_n((uint64_t *)backend_guest(at[level]), &seen,
						 seen | want, 0, __ATOMIC_RELAXED,
						 __ATOMIC_RELAXED))
			return -1;
	}
	return 0;
}

struct mmu_window mmu_window;

static int walk_in_window(uint64_t va)
{
	return va - mmu_window.va < mmu_window.size;
}

/* As by entries that have all bits, and are no entries of the guest's. */
static void walk_window(uint64_t va, struct mmu_walk *walk, uint64_t at[5])
{
	uint64_t rights = PTE_P | PTE_W | PTE_A | PTE_D | PTE_G;

	walk->gpa = mmu_window.gpa + (va - mmu_window.va);
	walk->flags = PTE_W | PTE_G;
	walk->level = 1;
	walk->leaf_at = 0;
	for (int level = 4; level >= 1; level--) {
		at[level] = 0;
		walk->entries[level] = PTE_ADDRESS | rights;
	}
	walk->leaf = walk->entries[1] = (walk->gpa & PTE_ADDRESS) | rights;
}

/* The guest's entries down to the leaf, and where they stand. -1: one is not present
   or, in a level-4 table, has PS, which is reserved there; or the address is none. */
static inline __attribute__((always_inline)) int walk_down(uint64_t va, struct mmu_walk *walk, uint64_t at[5])
{
	uint64_t table = walk_root;
	int level;

	walk->flags = PTE_W | PTE_U;
	walk->leaf = 0;
	if ((uint64_t)((int64_t)(va << 16) >> 16) != va)
		return -1;
	if (walk_in_window(va)) {
		walk_window(va, walk, at);
		return 0;
	}
	for (level = 4; level >= 1; level--) {
		uint64_t *entry;

		at[level] = table + (va >> (3 + 9 * level) & 511) * 8;
		walk->level = level;
		entry = backend_guest(at[level]);
		walk->leaf = walk->entries[level] = entry ? *(volatile uint64_t *)entry : 0;
		if (!(walk->leaf & PTE_P) || (level == 4 && (walk->leaf & PTE_PS)))
			return -1;
		walk->flags &= walk->leaf | ~(PTE_W | PTE_U);
		walk->flags |= walk->leaf & PTE_NX &
			       ~(level == 4 && shadow_is_lower(va) ? lower_top_ignored : 0);
		if (level == 1 || (level < 4 && (walk->leaf & PTE_PS)))
			break;
		table = walk->leaf & PTE_ADDRESS;
	}
	walk->flags |= walk->leaf & PTE_G;
	walk->leaf_at = at[level];
	uint64_t offset = (1ull << (3 + 9 * level)) - 1;
	walk->gpa = (walk->leaf & PTE_ADDRESS & ~offset) | (va & offset);
	return 0;
}

int mmu_look(uint64_t va, struct mmu_walk *walk, uint32_t *error)
{
	uint64_t at[5];

	*error = walk_error(0, 0);
	return walk_down(va, walk, at);
}

int mmu_translate(uint64_t va, uint32_t access, struct mmu_walk *walk, uint32_t *error)
{
	uint64_t at[5];

	do {
		*error = walk_error(access, 0);
		if (walk_down(va, walk, at)) {
			if (walk->leaf & PTE_P)
				*error = walk_error(access, 1) | PF_RESERVED;
			return -1;
		}
		*error = walk_error(access, 1);
		if (((access & PF_W) && !(walk->flags & PTE_W)) ||
		    ((access & PF_U) && !(walk->flags & PTE_U)) ||
		    ((access & PF_I) && (walk->flags & PTE_NX)))
			return -1;
	} while (walk_mark(at, walk, access));
	walk->leaf |= access & PF_W ? PTE_A | PTE_D : PTE_A;
	return 0;
}

/*
 * Global pages of the kernel's half that the wedge has used: a TLB of its own,
 * emptied whenever the guest's is, but for loads of CR3 that keep these.
 */
VCPU_LOCAL struct soft_tlb_entry soft_tlb[SOFT_TLB_ENTRIES];
VCPU_LOCAL unsigned soft_tlb_changes;

static void soft_tlb_forget(void)
{
	soft_tlb_changes++;
	for (unsigned i = 0; i < SOFT_TLB_ENTRIES; i++)
		soft_tlb[i].memory = NULL;
}

static void soft_tlb_add(uint64_t va, int write, const struct mmu_walk *walk, uint8_t *memory)
{
	if (!shadow_is_lower(va) && (walk->flags & PTE_G))
		*soft_tlb_entry(va) = (struct soft_tlb_entry){ va / BACKEND_PAGE, memory - va % BACKEND_PAGE, write };
}

int mmu_access(uint64_t va, void *buffer, size_t size, int write, int user,
	       uint64_t *address, uint32_t *error)
{
	uint32_t access = (write ? PF_W : 0) | (user ? PF_U : 0);
	struct mmu_walk walk;
	uint8_t *bytes = buffer;

	while (size) {
		size_t part = BACKEND_PAGE - (va & (BACKEND_PAGE - 1));
		uint8_t *memory = user ? NULL : soft_tlb_find(va, 1, write);

		if (part > size)
			part = size;
		if (!memory) {
			*address = va;
			if (mmu_translate(va, access, &walk, error))
				return -1;
			memory = backend_guest(walk.gpa);
			if (!memory) {
				*error = access;
				return -1;
			}
			if (!user)
				soft_tlb_add(va, write, &walk, memory);
		}
		if (write)
			memcpy(memory, bytes, part);
		else
			memcpy(bytes, memory, part);
		va += part;
		bytes += part;
		size -= part;
	}
	return 0;
}

const void *mmu_pointer(uint64_t va, size_t size)
{
	struct mmu_walk walk;
	uint32_t error;

	if (!walk_pointer.memory || walk_pointer.va != va || walk_pointer.generation != walk_kernel_generation) {
		walk_pointer.memory = NULL;
		if ((va & (BACKEND_PAGE - 1)) + size > BACKEND_PAGE ||
		    mmu_translate(va, 0, &walk, &error))
			return NULL;
		walk_pointer.memory = backend_guest(walk.gpa);
		walk_pointer.va = va;
		walk_pointer.is_global = !shadow_is_lower(va) && (walk.flags & PTE_G);
		walk_pointer.generation = walk_kernel_generation;
	}
	return walk_pointer.memory;
}

int mmu_unchanged(uint64_t va, size_t size, const uint64_t *copy)
{
	const uint64_t *memory = mmu_pointer(va, size);

	for (size_t i = 0; memory && i < size / 8; i++)
		if (memory[i] != copy[i])
			return 0;
	return memory != NULL;
}

int mmu_poke(uint64_t va, const void *from, size_t size)
{
	const uint8_t *bytes = from;
	struct mmu_walk walk;
	uint32_t error;

	for (; size; size--, va++) {
		uint8_t *memory;

		if (mmu_translate(va, 0, &walk, &error))
			return -1;
		memory = backend_guest(walk.gpa);
		if (!memory)
			return -1;
		*memory = *bytes++;
	}
	return 0;
}

/* Pages that became executable in one change of the shadow; neighbours count
   once, for a module's pages come together. */
#define NEW_CODE 64
static uint64_t walk_new_code[NEW_CODE];
static unsigned walk_new_count;
void (*mmu_code_appeared)(uint64_t va);

void mmu_note_code(uint64_t va)
{
	static uint64_t last;
	int neighbour = walk_new_count && va == last + BACKEND_PAGE;

	last = va;
	if (!neighbour && walk_new_count < NEW_CODE)
		walk_new_code[walk_new_count++] = va;
}

static void walk_commit(int flush)
{
	flush |= shadow_is_shared();	/* tables may be used anew by others */
	pool_commit(flush);
	for (unsigned i = 0; i < walk_new_count; i++)
		if (mmu_code_appeared)
			mmu_code_appeared(walk_new_code[i]);
	walk_new_count = 0;
}

/* Comparing so many tables takes about what a purge does. */
#define PURGE_AFTER 8192u

void mmu_set_root(uint64_t root, int keep_global)
{
	int changed;

	mmu_counters.root_loads++;
	walk_new_generation(keep_global);
	if (!keep_global)
		soft_tlb_forget();
	walk_root = root;
	shadow_init();
	changed = lower_load(root);
	root = lower_root();		/* of a pair, the fuller one */
	if (!walk_user_seen)
		lower_fill_all(root);
	/* What the kernel has mapped for itself is looked at when it is back on its
	   own root: the lesser one does not have it. */
	if (!keep_global || (!lower_on_lesser && upper_sync_nonglobal(root))) {
		mmu_counters.kernel_syncs++;
		upper_sync(root);
	} else if (changed) {
		upper_sync_root(root);
	}
	if (shadow_unknown >= PURGE_AFTER && !lower_on_lesser) {
		lower_purge();
		upper_purge(root);
		shadow_unknown = 0;
	}
	lower_upper_done();
	walk_commit(1);
}

void mmu_flush_all(void)
{
	mmu_set_root(walk_root, 0);
}

void mmu_invalidate(uint64_t va)
{
	mmu_counters.invalidations++;
	if (shadow_is_lower(va) && !shadow_is_lower(walk_pointer.va) && !quick_invalidate(va))
		return;
	walk_new_generation(0);
	soft_tlb_forget();
	if (shadow_is_lower(va))
		lower_invalidate(va);
	else
		upper_sync_page(lower_root(), va);
	walk_commit(1);
}

/* Hypervisors push onto the guest's stack: what belongs to a page that was
   touched (the rest of a stack mapped a moment ago) comes with it. */
static int walk_fill(uint64_t va, const struct mmu_walk *walk)
{
	if (shadow_is_lower(va))
		return lower_fill(va, walk);
	upper_sync_page(lower_root(), va);
	return upper_fill(va, walk);
}

/* Roots that turn out to be no pair are each on its own from now on. */
static void walk_part_pair(uint64_t va)
{
	if (shadow_is_lower(va) && lower_pair_differs(va))
		mmu_set_root(walk_root, 1);
}

int mmu_fault(uint64_t va, uint32_t access, uint32_t *error)
{
	struct mmu_walk walk;

	walk_part_pair(va);
	if (mmu_translate(va, access, &walk, error)) {
		mmu_counters.reflected++;
		return -1;
	}
	if (walk_in_window(va))
		return 0;
	/* A device's page is never there: do not look for more around it. */
	if (bus_find_memory(&board_bus, walk.gpa) || walk_fill(va, &walk))
		return 1;
	mmu_counters.fills++;
	/* Rights were only added: the fault itself has made the processor forget
	   what it held. */
	walk_commit(0);
	return 0;
}

void mmu_prefill(uint64_t va)
{
	struct mmu_walk walk;
	uint32_t error;

	if (!shadow_is_lower(va))
		return;
	walk_part_pair(va);
	if (mmu_translate(va, PF_U, &walk, &error))
		return;
	if (!lower_fill(va, &walk))
		walk_commit(0);
}

int mmu_lend(uint64_t va)
{
	uint64_t rights = PTE_P | PTE_W | PTE_A | PTE_D;
	struct mmu_walk walk = { .gpa = va & PTE_ADDRESS, .level = 1, .flags = PTE_W };

	if (walk_user_seen || !shadow_is_lower(va) || va >= backend_low_bytes)
		return -1;
	walk.leaf = walk.entries[1] = walk.gpa | rights;
	for (int level = 2; level <= 4; level++)	/* by no table of the guest's */
		walk.entries[level] = PTE_ADDRESS | rights;
	if (lower_fill(va, &walk))
		return -1;
	walk_commit(0);
	return 0;
}

int mmu_is_apart(uint64_t va)
{
	return backend_va_reserved(va - va % BACKEND_PAGE);
}

void mmu_start(void)
{
	walk_user_seen = 0;
}

void mmu_user_seen(void)
{
	walk_user_seen = 1;
}

void mmu_before_user(void)
{
	mmu_user_seen();
	lower_before_user();
}
