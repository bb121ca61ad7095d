/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * The MMU's single duties, each in a core of its own: what invlpg and CR3 have to forget,
 * aliases of tables, page-table-isolation pairs, few tables, stacks mapped at their physical addresses, and what the
 * wedge reads by itself.
 */
#include "model.h"
#include <sys/wait.h>
#include <unistd.h>

#define VA 0x400000ull
#define PAGE(n) (DATA_AT + (n) * 4096ull)
#define USER (OWN | PTE_U)

static void set(uint64_t root, uint64_t va, uint64_t entry)
{
	guest_write(entry_of(root, va, 1, 1), entry, 0);
}

static void test_invlpg(void)
{
	static const uint64_t changes[] = {
		USER | PAGE(1), USER | PAGE(2), (USER & ~PTE_W) | PAGE(2), 0, USER | PAGE(3),
		(USER & ~PTE_D) | PAGE(3), (USER & ~PTE_A) | PAGE(3), USER | PTE_NX | PAGE(3),
		OWN | PAGE(3), USER | PAGE(3), USER | PAGE(3), 0, 0,
	};

	for (unsigned i = 0; i < 40; i++)
		set(model_root, VA + i * 4096, USER | PAGE(i));
	for (unsigned round = 0; round < 6; round++)
		for (unsigned i = 0; i < sizeof(changes) / 8; i++) {
			uint64_t va = VA + round % 3 * 4096;

			check_touch(va + 4096 * (i % 3), PF_U);
			check_touch(va, PF_U | (round % 2 ? PF_W : 0));
			set(model_root, va, changes[i]);
			mmu_invalidate(va);
			check_touch(va, PF_U);
			check_touch(va, PF_U | (i % 2 ? PF_W : PF_I));
			check_touch(va + 5 * 4096, PF_U | PF_W);
		}
	mmu_invalidate(0x1234567890123456);
	mmu_invalidate(0xffffffffffe00000);
	mmu_invalidate(0x0000700000000000);
}

/* The guest clears an accessed bit of any level, or a dirty bit, and forgets @way. */
static void clear_bit(uint64_t va, int level, uint64_t bit, unsigned way)
{
	uint64_t at = entry_of(model_root, va, level, 0);

	check_touch(va, PF_U | PF_W);
	guest_write(at, *entry_at(at) & ~bit, 0);
	switch (way) {
	case 0: mmu_invalidate(va); break;
	case 1: load(model_root, 1); break;
	case 2: load(ROOT(1), 1); load(ROOT(0), 1); break;
	default: mmu_flush_all(); break;
	}
	check_touch(va, PF_U);
	expect("accessed", *entry_at(at) & PTE_A, at);
	check_touch(va, PF_U | PF_W);
}

static void test_accessed(void)
{
	for (unsigned i = 0; i < 4; i++)
		set(model_root, VA + i * 4096, USER | PAGE(i));
	guest_write(entry_of(model_root, VA + (1 << 21), 2, 1), 0x600000 | USER | PTE_PS, 0);
	for (unsigned way = 0; way < 4; way++) {
		for (int level = 1; level <= 4; level++)
			clear_bit(VA + way * 4096, level, PTE_A, way);
		for (int level = 2; level <= 4; level++)
			clear_bit(VA + (1 << 21) + way * 8192, level, PTE_A, way);
		clear_bit(VA, 1, PTE_D, way);
		clear_bit(VA + (1 << 21) + 0x5000, 2, PTE_D, way);
	}
}

/* A frame of tables has more writers than are known one by one. */
static void test_aliases(void)
{
	uint64_t table = entry_of(model_root, VA, 1, 1) & ~4095ull, at = 0xffffc90010000000;

	for (unsigned i = 0; i < 12; i++) {
		guest_write(entry_of(model_root, at + i * 4096, 1, 1), table | OWN | PTE_NX, 0);
		mmu_flush_all();
	}
	for (unsigned i = 0; i < 600; i++) {
		uint64_t va = at + i % 12 * 4096, gpa, entry = USER | PAGE(i % 50);
		uint32_t error;

		expect("an alias", !touch(va, PF_W, &gpa, &error) && gpa == table, va);
		*entry_at(table + 8 * (i % 64)) = entry;
		load(ROOT(1 + i % 2), 1);
		load(ROOT(0), 1);
		check_touch(VA + i % 64 * 4096, PF_U | PF_W);
		/* Given up, and not flushed. */
		if (i == 300)
			for (unsigned k = 4; k < 12; k++) {
				guest_write(entry_of(model_root, at + k * 4096, 1, 1), 0, 0);
				mmu_invalidate(at + k * 4096);
			}
		if (i > 300 && i % 12 == 3)
			i += 8;
	}
}

static void pair_set(unsigned n, unsigned index, uint64_t entry)
{
	guest_write(ROOT(n) + 8 * index, entry | (entry & PTE_P ? PTE_NX : 0), 0);
	guest_write(ROOT(n) + 4096 + 8 * index, entry, 0);
}

/* Linux's page-table isolation: the second root lacks most of the upper half. */
static void test_pairs(void)
{
	model_has_pairs = 1;
	for (unsigned n = 1; n < 4; n++) {
		guest_write(ROOT(n) + 4096 + 8 * 511, *entry_at(ROOT(n) + 8 * 511), 0);
		load(ROOT(n), 1);
		set(ROOT(n), VA, USER | PAGE(n));
		set(ROOT(n), VA + (1ull << 39), USER | PAGE(n + 10));
		pair_set(n, 0, *entry_at(ROOT(n)));
		pair_set(n, 1, *entry_at(ROOT(n) + 8));
	}
	for (unsigned round = 0; round < 30; round++) {
		unsigned n = 1 + round % 3, changed;
		uint64_t gpa, root = ROOT(n);
		uint32_t error;

		load(root, 1);
		touch(VA, PF_W, &gpa, &error);
		changed = fake_changes;
		load(root + 4096, 1);
		expect("a pair's page", !touch(VA, PF_U, &gpa, &error) && gpa == PAGE(n), VA);
		expect("code of user mode", !touch(VA, PF_U | PF_I, &gpa, &error), VA);
		expect("another one", !touch(VA + (1ull << 39), PF_U, &gpa, &error) && gpa == PAGE(n + 10), VA);
		load(root, 1);
		if (round > 10)
			expect("as one", fake_changes - changed < 8, fake_changes - changed);
	}
	/* They part: the second has another table at an entry. */
	load(ROOT(1), 1);
	guest_write(ROOT(1) + 4096 + 8, *entry_at(ROOT(2) + 8), 0);
	for (unsigned round = 0; round < 4; round++) {
		load(ROOT(1) + (round & 1) * 4096, round & 2);
		check_touch(VA + (1ull << 39), PF_U);
		load(ROOT(1) + (~round & 1) * 4096, round & 2);
		check_touch(VA, PF_U);
		check_touch(VA + (1ull << 39), PF_U);
	}
	guest_write(ROOT(2) + 4096, 0, 0);
	load(ROOT(2), 0);
	check_touch(VA, PF_U);
	load(ROOT(2) + 4096, 0);
	check_touch(VA, PF_U);
}

/* More tables than there are: what the lower halves have is given up. */
static void test_exhaustion(void)
{
	for (unsigned n = 0; n < 5; n++) {
		load(ROOT(n), 0);
		for (unsigned i = 0; i < 12; i++)
			set(ROOT(n), VA + ((uint64_t)i << 30), USER | PAGE(n + i));
	}
	for (unsigned round = 0; round < 15; round++) {
		load(ROOT(round % 5), round % 2);
		for (unsigned i = 0; i < 12; i++)
			check_touch(VA + ((uint64_t)i << 30), PF_U | (i % 2 ? PF_W : 0));
		expect("room", !mmu_make_room(8), round);
	}
	expect("room, for which more than one must give", !mmu_make_room(165), backend_tables_left());
	for (unsigned i = 0; i < 40 && !mmu_vm.out_of_tables; i++) {
		*entry_at(entry_of(model_root, KERNEL + 0x10000000 + ((uint64_t)i << 21), 1, 1)) = OWN | PAGE(1);
		mmu_flush_all();
	}
	expect("there is not room for all", mmu_make_room(1000) == -1 && mmu_vm.out_of_tables, 0);
}

static void test_identity(void)
{
	struct mmu_walk walk;
	uint64_t gpa;
	uint32_t error;

	expect("not once user mode has run", mmu_map_identity(PAGE(3)) == -1, 0);
	mmu_start();
	expect("not of the upper half", mmu_map_identity(KERNEL) == -1, KERNEL);
	expect("not where no memory is", mmu_map_identity(MEMORY) == -1, MEMORY);
	expect("not there", touch(PAGE(3), PF_W, &gpa, &error) == -1, PAGE(3));
	expect("mapped", !mmu_map_identity(PAGE(3)), PAGE(3));
	expect("there", !fake_translate(PAGE(3), PF_W, &gpa, &error) && gpa == PAGE(3), PAGE(3));
	expect("the kernel's walk", !mmu_translate(PAGE(3), PF_W, &walk, &error) && walk.gpa == PAGE(3), PAGE(3));
	expect("not user mode's", mmu_translate(PAGE(3), PF_U, &walk, &error) == -1 && error == PF_U, PAGE(3));
	expect("nor the next page", mmu_translate(PAGE(4), 0, &walk, &error) == -1, PAGE(4));
	load(ROOT(1), 0);
	load(ROOT(0), 0);
	expect("gone", touch(PAGE(3), PF_W, &gpa, &error) == -1, PAGE(3));
}

/* A kernel that starts in the lower half never faults there. */
static void test_early(void)
{
	uint64_t gpa;
	uint32_t error;

	mmu_start();
	for (unsigned i = 0; i < 20; i++)
		*entry_at(entry_of(ROOT(3), VA + i * 8192, 1, 1)) = (i % 4 ? OWN : USER) | PAGE(i);
	*entry_at(entry_of(ROOT(3), 0x40000000, 2, 1)) = 0x600000 | OWN | PTE_PS;
	load(ROOT(3), 0);
	for (unsigned i = 0; i < 20; i++)
		expect("mapped at once", !fake_translate(VA + i * 8192, 0, &gpa, &error) && gpa == PAGE(i), i);
	expect("a large page, too", !fake_translate(0x40001000, PF_W, &gpa, &error) && gpa == 0x601000, gpa);
	mmu_user_seen();
	mmu_before_user();
	for (unsigned i = 0; i < 20; i++)
		check_touch(VA + i * 8192, PF_U);
	expect("user mode has nothing of the kernel's", fake_translate(VA + 8192, PF_U, &gpa, &error), VA);
}

static void test_reads(void)
{
	uint64_t word = 0x1122334455667788, copy[4], va = KERNEL + 0x3000, address;
	const uint8_t *written;
	uint32_t error;

	for (unsigned i = 0; i < 4; i++)
		copy[i] = entry_at(PAGE(3))[i] = i * 77;
	expect("unchanged", mmu_unchanged(va, 32, copy), va);
	expect("once more", mmu_unchanged(va, 32, copy), va);
	copy[3]++;
	expect("changed", !mmu_unchanged(va, 32, copy), va);
	expect("where it is", mmu_pointer(va, 32) == entry_at(PAGE(3)), va);
	expect("not across a page's end", !mmu_pointer(va + 4090, 32), va);
	expect("not where nothing is", !mmu_pointer(VA, 8) && !mmu_unchanged(VA, 8, copy), VA);
	expect("not with two mappings", !mmu_watch_writes(mmu_pointer(va, 8), 1), va);
	written = mmu_watch_writes(mmu_pointer(DIRECT + PAGE(100), 8), 1);
	mmu_flush_all();
	expect("writes can be watched", backend_vcpus > 1 || (written && !(*written & PTE_D)), va);
	check_touch(DIRECT + PAGE(100), PF_W);
	expect("a write is seen", !written || *written & PTE_D || requests_vcpu.slow, va);
	expect("poked", !mmu_poke(va + 4092, &word, 8) &&
	       !memcmp((uint8_t *)entry_at(PAGE(3)) + 4092, &word, 4) &&
	       !memcmp(entry_at(PAGE(4)), (uint8_t *)&word + 4, 4), va);
	expect("not where nothing is", mmu_poke(VA, &word, 8) == -1, VA);
	for (unsigned i = 0; i < 4; i++) {
		expect("read", !mmu_access(va + 8 * i, &word, 8, 0, 0, &address, &error) &&
		       word == entry_at(PAGE(3))[i], va);
		expect("written", !mmu_access(va + 8 * i, &i, 4, 1, 0, &address, &error) &&
		       *(uint32_t *)&entry_at(PAGE(3))[i] == i, va);
		expect("cached", soft_tlb_find(va, 8, 1) == (void *)entry_at(PAGE(3)), va);
		if (i == 2)
			load(ROOT(1), 1);
	}
	expect("not of another page", !soft_tlb_find(va + 4096, 8, 0) && !soft_tlb_find(va + 4090, 8, 0), va);
	mmu_flush_all();
	expect("forgotten", !soft_tlb_find(va, 8, 0), va);
	expect("no address", mmu_access(1ull << 47, &word, 8, 0, 0, &address, &error) == -1, 0);
	set(model_root, VA, USER | (MEMORY + (64ull << 20)));
	expect("no memory", mmu_access(VA, &word, 8, 0, 1, &address, &error) != 0, VA);
	expect("a device", touch(VA, PF_U, &address, &error) == 1, VA);
}

/* What a look without an access gives: the entries on the way, as a debugger wants them. */
static void test_look(void)
{
	struct mmu_walk walk;
	uint32_t error = ~0u;

	set(model_root, VA, USER | PAGE(3));
	expect("found", !mmu_look(VA + 5, &walk, &error) && walk.level == 1 && walk.gpa == PAGE(3) + 5, VA);
	expect("where its entry is", walk.leaf_at == entry_of(model_root, VA, 1, 0), walk.leaf_at);
	expect("and what it is", walk.leaf == *entry_at(walk.leaf_at) && walk.entries[1] == walk.leaf, VA);
	error = ~0u;
	expect("not there", mmu_look(VA + 4096, &walk, &error) == -1 && !error && !walk.leaf, VA);
	guest_write(entry_of(model_root, VA, 2, 0), USER | (MEMORY + (64ull << 20)), 0);
	expect("a table outside of memory", mmu_look(VA, &walk, &error) == -1 && walk.level == 1 && !walk.leaf, VA);
}

/* Where a kernel that was moved starts, whatever its tables say. */
static void test_window(void)
{
	uint64_t va = KERNEL + 0x20000000, word = 7, address;
	uint32_t error;

	mmu_window = (struct mmu_window){ .va = va, .gpa = DATA_AT, .size = 0x10000 };
	mmu_flush_all();
	expect("written", !mmu_access(va + 0x1008, &word, 8, 1, 0, &address, &error) && entry_at(PAGE(1))[1] == 7, va);
	expect("no fault of the guest's", mmu_fault(va, PF_W, &error) == MMU_MAPPED, va);
	expect("not user mode's", mmu_fault(va, PF_U, &error) == MMU_REFLECTED, va);
	expect("nothing behind it", mmu_fault(va + 0x10000, PF_W, &error) == MMU_REFLECTED, va);
	mmu_window.size = 0;
	mmu_flush_all();
	expect("nor when there is none", mmu_fault(va, PF_W, &error) == MMU_REFLECTED, va);
}

static uint64_t appeared;

static void code_appeared(uint64_t va)
{
	appeared = va;
}

static void test_code(void)
{
	uint64_t va = KERNEL + 0x500000;

	mmu_code_appeared = code_appeared;
	set(model_root, va, OWN | PTE_NX | PAGE(1));
	mmu_invalidate(va);
	check_touch(va, PF_W);
	expect("no code yet", !appeared, va);
	set(model_root, va, (OWN & ~PTE_W) | PAGE(1));
	mmu_invalidate(va);
	check_touch(va, PF_I);
	expect("code has appeared", appeared == va, appeared);
}

static const struct { const char *name; void (*test)(void); unsigned tables; } tests[] = {
	{ "invlpg", test_invlpg, 0 }, { "accessed", test_accessed, 0 }, { "aliases", test_aliases, 0 }, { "pairs", test_pairs, 0 },
	{ "exhaustion", test_exhaustion, 190 }, { "identity", test_identity, 0 }, { "early", test_early, 0 },
	{ "reads", test_reads, 0 }, { "look", test_look, 0 }, { "window", test_window, 0 }, { "code", test_code, 0 },
};

static int run(unsigned i, unsigned vcpus)
{
	uint64_t at = 0;
	const char *bad;

	backend_vcpus = vcpus;
	fake_tables = tests[i].tables ? tests[i].tables : fake_tables;
	fake_memory_init(MEMORY);
	model_start();
	tests[i].test();
	mmu_before_user();
	fake_memory_notice();
	bad = mmu_vm.out_of_tables ? NULL : mmu_check(&at);
	if (bad)
		printf("BAD %s: %s: %lx\n", tests[i].name, bad, at);
	if (model_failed)
		printf("in %s, %u processors\n", tests[i].name, vcpus);
	return bad || model_failed || !model_checks;
}

int main(void)
{
	unsigned count = sizeof(tests) / sizeof(tests[0]), bad = 0;

	for (unsigned i = 0; i < 2 * count; i++) {
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
	printf("mmu: %u of %u duties\n", 2 * count - bad, 2 * count);
	return !!bad;
}
