/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * What loads of CR3 and invlpg keep of the shadow, what they must notice, and what is
 * gone before user mode runs. Tables have no mapping but the guest's of all memory, so
 * that their dirty bits tell of changes, and stand in the lists of them (dirty_list.c).
 */
#include "model.h"
#include "../../../runtime-stubs/mmu/new_code.h"
#include <sys/wait.h>
#include <unistd.h>

#define VA 0x400000ull
#define PAGE(n) (DATA_AT + (n) * 4096ull)
#define USER (OWN | PTE_U)
#define PLACES 20u			/* each in a table of its own */
#define PLACE(i) (VA + ((uint64_t)(i) << 21))

static void set(uint64_t root, uint64_t va, uint64_t entry)
{
	guest_write(entry_of(root, va, 1, 1), entry, 0);
}

static void drop_aliases(void)
{
	guest_write(entry_of(model_root, ALIASES, 4, 0), 0, 0);
	mmu_flush_all();
}

/* @root runs and has all places, one page in each. */
static void fill(uint64_t root, unsigned first)
{
	load(root, 0);
	drop_aliases();
	for (unsigned i = 0; i < PLACES; i++)
		set(root, PLACE(i), USER | PAGE(first + i));
	mmu_flush_all();
	for (unsigned i = 0; i < PLACES; i++)
		check_touch(PLACE(i), PF_U | PF_W);
}

static void expect_mapped(const char *what, uint64_t va, uint32_t access)
{
	check_touch(va, access);
	expect(what, !faults, va);
}

static void take_turns(void)
{
	load(ROOT(2), 1);
	load(ROOT(1), 1);
}

static void test_turns(void)
{
	fill(ROOT(2), 30);
	fill(ROOT(1), 0);
	for (unsigned round = 0; round < 8; round++) {
		take_turns();
		for (unsigned i = 0; i < PLACES; i++)
			expect_mapped("nothing faults again", PLACE(i), PF_U | PF_W);
	}
}

/* One table is written to while another root runs, after it was listed and before. */
static void test_changes(void)
{
	fill(ROOT(2), 30);
	fill(ROOT(1), 0);
	for (unsigned round = 0; round < 300; round++) {
		unsigned i = round * 7 % PLACES;

		for (unsigned n = round / 5 % 4; n; n--)
			take_turns();
		load(ROOT(2), 1);
		set(ROOT(1), PLACE(i), USER | PAGE(round % 60));
		load(ROOT(1), 1);
		check_touch(PLACE(i), PF_U);
		expect_mapped("the others stay", PLACE((i + 1) % PLACES), PF_U | PF_W);
	}
}

/* The same, of the level above: another table, fewer rights, none. */
static void test_links(void)
{
	fill(ROOT(2), 30);
	fill(ROOT(1), 0);
	for (unsigned round = 0; round < 60; round++) {
		unsigned i = round * 7 % PLACES, k = (i + 3) % PLACES;
		uint64_t at = entry_of(ROOT(1), PLACE(i), 2, 0), entry = *entry_at(at);
		uint64_t others = *entry_at(entry_of(ROOT(1), PLACE(k), 2, 0));
		const uint64_t changed[] = { others, entry & ~PTE_W, entry & ~PTE_U, 0, entry | PTE_NX, entry & ~PTE_A };

		for (unsigned n = round % 4; n; n--)
			take_turns();
		load(ROOT(2), 1);
		guest_write(at, changed[round % 6], 0);
		load(ROOT(1), 1);
		check_touch(PLACE(i), PF_U);
		check_touch(PLACE(i), PF_U | (round % 2 ? PF_W : PF_I));
		check_touch(PLACE(k), PF_U | PF_W);
		guest_write(at, entry, 0);
		mmu_flush_all();
		check_touch(PLACE(i), PF_U | PF_W);
	}
}

/* Lists are made anew as often as tables come and go, and more often than there is
   room for; a large page's piece goes with invlpg and comes with the next access. */
static void test_lists(void)
{
	static const uint64_t large = 0x600000 | USER | PTE_PS;

	fill(ROOT(2), 30);
	guest_write(entry_of(ROOT(2), PLACE(30), 2, 0), large, 0);
	fill(ROOT(1), 0);
	guest_write(entry_of(ROOT(1), PLACE(30), 2, 0), large, 0);
	mmu_flush_all();
	for (unsigned round = 0; round < 200; round++) {
		unsigned i = round * 7 % PLACES, n = round / 4 % 2;

		check_touch(PLACE(30), PF_U | PF_W);
		take_turns();
		load(ROOT(1 + !n), 1);
		check_touch(PLACE(30), PF_U | PF_W);
		set(ROOT(1 + n), PLACE(i), USER | PAGE(round % 60));
		load(ROOT(1 + n), 1);
		check_touch(PLACE(i), PF_U);
		if (round % 3)
			mmu_invalidate(PLACE(30));
	}
}

static void test_invlpg(void)
{
	fill(ROOT(1), 0);
	for (unsigned i = 0; i < 100; i++)
		set(ROOT(1), VA + i * 4096, USER | PAGE(i));
	mmu_flush_all();
	check_touch(VA + 83 * 4096, PF_U | PF_W);
	for (unsigned i = 80; i < 96; i++)
		expect_mapped("used neighbours come with a page", VA + i * 4096, PF_U | PF_W);
	for (unsigned i = 0; i < 100; i++)
		check_touch(VA + i * 4096, PF_U | PF_W);
	set(ROOT(1), VA, USER | PAGE(7));
	mmu_invalidate(VA);
	check_touch(VA, PF_U);
	expect_mapped("its neighbours stay", VA + 60 * 4096, PF_U | PF_W);
	expect_mapped("other tables stay", PLACE(3), PF_U | PF_W);
	mmu_invalidate(VA + 60 * 4096);
	expect_mapped("what has not changed stays", VA + 60 * 4096, PF_U | PF_W);
	mmu_invalidate(PLACE(30));
	expect_mapped("where nothing was", VA, PF_U);
}

static void test_pointer(void)
{
	uint64_t va = KERNEL + 0x3000;

	expect("a global page", mmu_pointer(va, 8) == entry_at(PAGE(3)), va);
	set(ROOT(0), va, OWN | PTE_G | PAGE(20));
	load(ROOT(1), 1);
	load(ROOT(0), 1);
	expect("survives", mmu_pointer(va, 8) == entry_at(PAGE(3)), va);
	mmu_invalidate(va);
	expect("and not invlpg", mmu_pointer(va, 8) == entry_at(PAGE(20)), va);
	set(ROOT(0), va, OWN | PTE_G | PAGE(21));
	mmu_flush_all();
	expect("nor a flush of all", mmu_pointer(va, 8) == entry_at(PAGE(21)), va);
}

/* A root with user pages alone: the kernel's map of them at the start sets no bits. */
static void test_early(void)
{
	uint64_t gpa;
	uint32_t error;

	mmu_start();
	for (unsigned i = 0; i < 4; i++)
		*entry_at(entry_of(ROOT(3), VA + i * 4096, 1, 1)) = (USER & ~(i & 1 ? PTE_A : 0)) | PAGE(i);
	load(ROOT(3), 0);
	expect("mapped at once", !fake_translate(VA + 4096, 0, &gpa, &error) && gpa == PAGE(1), VA);
	expect("not accessed", !(*entry_at(entry_of(ROOT(3), VA + 4096, 1, 0)) & PTE_A), VA);
	for (unsigned i = 0; i < 4; i++)
		check_touch(VA + i * 4096, PF_U);
	mmu_start();
	mmu_before_user();
	expect("user mode has run", mmu_map_identity(PAGE(3)) == -1, PAGE(3));
	mmu_start();
	mmu_user_seen();
	expect("or is about to", mmu_map_identity(PAGE(3)) == -1, PAGE(3));
}

/* A large page of the kernel's in the lower half, which all of memory's tables map, is
   split: the rest of the space stays. */
static void test_split(void)
{
	uint64_t large = 0x40000000, at, table, gpa;
	uint32_t error;

	at = entry_of(ROOT(0), large, 2, 1);
	guest_write(at, 0x600000 | OWN | PTE_PS, 0);
	set(ROOT(0), VA, OWN | PAGE(1));
	mmu_flush_all();
	expect("both", !touch(large + 0x1000, PF_W, &gpa, &error) && gpa == 0x601000 && !touch(VA, PF_W, &gpa, &error), gpa);
	table = new_table();
	for (unsigned i = 0; i < 512; i++)
		entry_at(table)[i] = (0x600000 + i * 4096) | OWN;
	entry_at(table)[2] = PAGE(2) | OWN;
	guest_write(at, table | LINK, 0);
	fake_memory_notice();
	expect("seen by a fault", mmu_fault(large + 0x2000, PF_W, &error) == MMU_MAPPED, large);
	fake_tlb_flush();
	expect("the new table", !touch(large + 0x2000, PF_W, &gpa, &error) && gpa == PAGE(2) && !faults, gpa);
	expect("the rest stays", !touch(VA, PF_W, &gpa, &error) && gpa == PAGE(1) && !faults, gpa);
}

static unsigned appeared;
static uint64_t last_appeared;

static void code_appeared(uint64_t va)
{
	appeared++;
	last_appeared = va;
}

/* Neighbours count once. */
static void test_code(void)
{
	uint64_t va = KERNEL + 0x600000;

	mmu_code_appeared = code_appeared;
	for (unsigned i = 0; i < 6; i++)
		set(ROOT(0), va + (i < 4 ? i : i + 2) * 4096, (OWN & ~PTE_W) | PAGE(i));
	mmu_flush_all();
	check_touch(va, PF_I);
	expect("two pieces of code", appeared == 2 && last_appeared == va + 6 * 4096, last_appeared);
	expect("told once", !new_code_vm.count, new_code_vm.count);
	mmu_flush_all();
	expect("and not again", appeared == 2, appeared);
	appeared = 0;
	for (unsigned i = 0; i < 100; i++)
		new_code_note(va + i * 8192);
	new_code_tell();
	expect("as many as there is room for", appeared == 64 && last_appeared == va + 63 * 8192, appeared);
}

static const struct { const char *name; void (*test)(void); } tests[] = {
	{ "turns", test_turns }, { "changes", test_changes }, { "links", test_links }, { "lists", test_lists }, { "invlpg", test_invlpg },
	{ "pointer", test_pointer }, { "early", test_early }, { "split", test_split }, { "code", test_code },
};

static int run(unsigned i, unsigned vcpus)
{
	uint64_t at = 0;
	const char *bad;

	backend_vcpus = vcpus;
	fake_memory_init(MEMORY);
	model_start();
	tests[i].test();
	mmu_before_user();
	fake_memory_notice();
	bad = mmu_check(&at);
	if (bad)
		printf("BAD %s: %s: %lx\n", tests[i].name, bad, at);
	return bad || model_failed || !model_checks;
}

int main(void)
{
	unsigned count = 2 * sizeof(tests) / sizeof(tests[0]), bad = 0;

	for (unsigned i = 0; i < count; i++) {
		int status = 1;
		pid_t pid;

		fflush(stdout);
		pid = fork();
		if (!pid)
			exit(run(i / 2, 1 + i % 2));
		if (waitpid(pid, &status, 0) < 0 || status) {
			printf("BAD %s, %u processors\n", tests[i / 2].name, 1 + i % 2);
			bad++;
		}
	}
	printf("loads: %u of %u\n", count - bad, count);
	return !!bad;
}
