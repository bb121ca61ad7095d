/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * A guest's page tables in guest memory, and what a processor has to find there, by a
 * walk of its own. The guest changes its tables as kernels do: through its map of all
 * memory, or through another mapping of the same frame.
 */
#include "../../../runtime-stubs/backend/backend.h"
#include "../../../runtime-stubs/backend/fake/fake.h"
#include "../../../runtime-stubs/mmu/mmu.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MEMORY (16ull << 20)
#define ROOTS 6u
#define ROOT(n) (0x2000ull * (1 + (n)))	/* even: its pair's other root is in the frame behind it */
#define TABLES_AT 0x10000ull
#define TABLES_END 0x100000ull
#define DATA_AT 0x400000ull		/* frames that are no tables */
#define DATA_FRAMES 64u
#define DIRECT 0xffff888000000000ull	/* the guest's map of all memory, in large pages */
#define KERNEL 0xffffffff80000000ull
#define ALIASES 0xffffc90000000000ull	/* small mappings of frames of tables */
#define LINK (PTE_P | PTE_W | PTE_U)
#define OWN (PTE_P | PTE_W | PTE_A | PTE_D)

static uint64_t model_root;		/* CR3 */
static uint64_t model_next = TABLES_AT;
static int model_has_pairs;
static int model_isolates;		/* 1: each root has a second one, for user mode (page-table isolation) */
static int model_plain;			/* 1: no other mappings of frames of tables */
static int model_early;			/* 1: no user mode has run when it starts */
static int model_changed;		/* so often the guest has written to its tables */
static unsigned model_checks, model_failed;

static void expect(const char *what, int good, uint64_t va)
{
	model_checks++;
	if (good)
		return;
	if (model_failed++ < 5)
		printf("BAD %s: %lx\n", what, va);
}

static uint64_t *entry_at(uint64_t gpa)
{
	return backend_guest(gpa);
}

static uint64_t new_table(void)
{
	if (model_next == TABLES_END)
		exit(3);
	memset(entry_at(model_next), 0, 4096);
	model_next += 4096;
	return model_next - 4096;
}

/* What a kernel with page-table isolation does with the level-4 entry at @at: user mode's
   root has the same, and its own one forbids execution there. */
static void isolate(uint64_t at)
{
	if (!(at & 4096) && (at & 4095) < 2048) {
		*entry_at(at + 4096) = *entry_at(at);
		if (*entry_at(at) & PTE_P)
			*entry_at(at) |= PTE_NX;
	}
}

/* Where the entry of @level for @va stands in the tables of @root; tables above it are
   made with @make; without it, 0 if one is missing. */
static uint64_t entry_of(uint64_t root, uint64_t va, int level, int make)
{
	uint64_t table = root;

	for (int l = 4;; l--) {
		uint64_t at = table + (va >> (3 + 9 * l) & 511) * 8, entry = *entry_at(at);

		if (l == level)
			return at;
		if (!(entry & PTE_P) || (entry & PTE_PS && l < 4)) {
			if (!make)
				return 0;
			*entry_at(at) = new_table() | LINK;
			if (model_isolates && l == 4)
				isolate(at);
			fake_memory_notice();
			if (entry & PTE_P)
				mmu_flush_all();
		}
		table = *entry_at(at) & PTE_ADDRESS;
	}
}

struct found {
	uint64_t gpa, leaf_at, rights, at[5];
	int level, present;
};

/* Intel SDM volume 3, 4.5. */
static struct found find(uint64_t root, uint64_t va)
{
	struct found f = { .rights = PTE_W | PTE_U };
	uint64_t table = root;

	for (int level = 4; level; level--) {
		uint64_t at = table + (va >> (3 + 9 * level) & 511) * 8, entry = *entry_at(at);
		uint64_t offset = (1ull << (3 + 9 * level)) - 1;

		/* LIMIT: mmu/shadow/pairs.c */
		if (model_isolates && level == 4 && !(va >> 63) && !(root & 4096))
			entry &= ~PTE_NX;
		f.at[level] = at;
		f.level = level;
		if (!(entry & PTE_P))
			return f;
		f.rights = (f.rights & (entry | PTE_NX)) | (entry & PTE_NX);
		table = entry & PTE_ADDRESS;
		if (level == 1 || (level < 4 && entry & PTE_PS)) {
			f.present = 1;
			f.leaf_at = at;
			f.gpa = (entry & PTE_ADDRESS & ~offset) | (va & offset);
			return f;
		}
	}
	return f;
}

static int allowed(const struct found *f, uint32_t access)
{
	return f->present && (!(access & PF_W) || f->rights & PTE_W) &&
	       (!(access & PF_U) || f->rights & PTE_U) && (!(access & PF_I) || !(f->rights & PTE_NX));
}

static int faults;		/* of the last touch */

/* An access as the guest does it, faults included: 0; -1: the guest sees one; 1: a device. */
static int touch(uint64_t va, uint32_t access, uint64_t *gpa, uint32_t *error)
{
	int result;

	if (access & PF_U) {
		mmu_user_seen();
		mmu_before_user();
	}
	for (faults = 0; faults < 8; faults++) {
		if (!fake_translate(va, access, gpa, error))
			return 0;
		fake_memory_notice();
		result = MMU_UNKNOWN;
		if (access & PF_U && faults < 2 && !((uint64_t)va >> 63))
			result = mmu_cached_fault(va, access, error);
		if (result == MMU_REFLECTED)
			return -1;
		if (result)
			result = mmu_fault(va, access, error);
		if (result)
			return result == MMU_REFLECTED ? -1 : 1;
		if (access & PF_U)
			mmu_before_user();
	}
	expect("a fault that does not go away", 0, va);
	return 2;
}

/* Does the access come to what the guest's tables say, and leave the right bits? */
static void check_touch(uint64_t va, uint32_t access)
{
	struct found before = find(model_root, va);
	uint64_t bits[5] = { 0 }, gpa = 0;
	uint32_t error = 0;
	int memory = before.present && backend_is_memory(before.gpa), result;

	for (int l = 4; l >= before.level; l--)
		bits[l] = *entry_at(before.at[l]);
	result = touch(va, access, &gpa, &error);
	if (!allowed(&before, access)) {
		expect("a fault that there should be", result == -1, va);
		expect("its error code", error == (access | (before.present ? PF_P : 0)), va);
		for (int l = 4; l >= before.level; l--)
			expect("tables as they were", *entry_at(before.at[l]) == bits[l], va);
		return;
	}
	if (!memory) {
		expect("a device's page", result == 1, va);
		return;
	}
	expect("an access that is allowed", !result, va);
	expect("the page", gpa == before.gpa, va);
	for (int l = 4; l >= before.level; l--) {
		uint64_t want = bits[l] | PTE_A | (l == before.level && access & PF_W ? PTE_D : 0);

		/* LIMIT: what the upper half maps, and the lower half before user mode runs, it
		   maps before it is used; of a pair's two level-4 entries one is marked. */
		expect("accessed and dirty bits", *entry_at(before.at[l]) == want ||
		       ((va >> 63 || !mmu_vcpu.has_run_user || (l == 4 && model_has_pairs)) &&
			(*entry_at(before.at[l]) | want) == want), va);
	}
}

/* The guest writes @value to its table at @at; @way: by which of its mappings. */
static void guest_write(uint64_t at, uint64_t value, unsigned way)
{
	uint64_t va = DIRECT + at, gpa;
	uint32_t error;

	if (way && !model_plain && entry_of(model_root, ALIASES + at, 1, 0))
		va = ALIASES + at;
	if (touch(va, PF_W, &gpa, &error) || gpa != at) {
		expect("the guest's own tables", 0, va);
		return;
	}
	*entry_at(at) = value;
	model_changed++;
}

/* CR3 := @root. */
static void load(uint64_t root, int keep)
{
	model_root = root;
	fake_memory_notice();
	mmu_set_root(root, keep);
}

/* Roots with nothing in their lower halves, one upper half for all. */
static void model_start(void)
{
	uint64_t l3 = new_table(), l2, at;

	fake_memory_notice();
	for (unsigned n = 0; n < 2 * ROOTS; n++)
		memset(entry_at(ROOT(0) + n * 4096), 0, 4096);
	for (unsigned i = 256; i < 512; i++)
		if (i == (DIRECT >> 39 & 511) || i == (KERNEL >> 39 & 511) || i == (ALIASES >> 39 & 511)) {
			l3 = new_table();
			for (unsigned n = 0; n < ROOTS; n++)
				entry_at(ROOT(n))[i] = l3 | LINK;
			for (unsigned n = 0; model_isolates && i == (KERNEL >> 39 & 511) && n < ROOTS; n++)
				entry_at(ROOT(n) + 4096)[i] = l3 | LINK;
		}
	l2 = entry_of(ROOT(0), DIRECT, 2, 1) & ~4095ull;
	for (unsigned i = 0; i < MEMORY >> 21; i++)
		entry_at(l2)[i] = (uint64_t)i << 21 | OWN | PTE_PS | PTE_G | PTE_NX;
	for (at = 0; at < TABLES_END && !model_plain; at += 4096)
		*entry_at(entry_of(ROOT(0), ALIASES + at, 1, 1)) = at | OWN | PTE_NX | PTE_G;
	for (unsigned i = 0; i < 64; i++)
		*entry_at(entry_of(ROOT(0), KERNEL + i * 4096, 1, 1)) = (DATA_AT + i * 4096) | OWN | PTE_G;
	*entry_at(entry_of(ROOT(0), KERNEL + (1 << 21), 2, 1)) = DATA_AT | OWN | PTE_PS | PTE_G;
	if (!model_early)
		mmu_user_seen();
	load(ROOT(0), 0);
}
