/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * The checker of the shadow (mmu/shadow/check.c): tables that were filled as always pass;
 * one entry that is then changed behind the shadow's back is named, with its address.
 * Each case in a core of its own, for a check uses up the counters. Of the upper half user
 * mode's roots alone are broken: the checker begins with a sync that mends the rest.
 */
#include "model.h"
#include <sys/wait.h>
#include <unistd.h>

#define BASE ((3ull << 39) + (2ull << 30))	/* no index of it is that of another level */
#define VA (BASE + (5ull << 21))
#define PAGE(n) (DATA_AT + (n) * 4096ull)
#define USER (OWN | PTE_U)
#define LARGE 0x800000ull
#define LINEAR (1ull << 44 | 16384ull << 12)	/* the address of the fake back-end's table of all memory */

static const char not_mapped[] = "is not what the guest's tables map", not_guest[] = "maps memory that is not the guest's",
	written[] = "can be written to, and not by the guest's tables",
	user_mode[] = "is user mode's, and not by the guest's tables",
	supervisor[] = "is the supervisor's, and user mode may run on it",
	not_counted[] = "has a writer that was not counted", fewer[] = "has fewer writers than were counted",
	nowhere[] = "leads to no table of the shadow", differs[] = "differs in user mode", seen[] = "is seen by user mode";

enum { KERNEL_ROOT, USER_ROOT, BOTH };
/* What the guest has done last. */
enum state { AS_USER, AS_KERNEL, ANOTHER_ROOT };

static const struct damage {
	uint64_t va;		/* whose entry */
	int level, root;
	uint64_t clear, set;	/* bits of it */
	enum state state;
	const char *bad;	/* NULL: it passes */
	uint64_t at;
} damages[] = {
	/* Nothing is changed. */
	{ VA, 1, 0, 0, 0, AS_USER, NULL, 0 }, { VA, 1, 0, 0, 0, AS_KERNEL, NULL, 0 },
	{ VA, 1, 0, 0, 0, ANOTHER_ROOT, NULL, 0 },
	/* Bits that say nothing of rights. */
	{ VA, 1, 0, PTE_A, 0, AS_USER, NULL, 0 }, { VA, 1, 0, 0, PTE_NX, AS_USER, NULL, 0 },
	/* Another frame, and none; a leaf of what is not there. */
	{ VA, 1, 0, 0, 0x8000, AS_USER, not_mapped, VA },
	{ VA + 0x1ff000, 1, 0, 0, 1ull << 40 | 0x500000 | PTE_P | PTE_U, AS_USER, not_mapped, VA + 0x1ff000 },
	{ VA, 1, 0, 0, 0x8000, ANOTHER_ROOT, not_mapped, VA },
	{ BASE + 0x3000, 1, 0, 0, 0x100000, AS_USER, not_mapped, BASE + 0x3000 },
	{ VA, 1, 0, 1ull << 40, 0, AS_USER, not_guest, VA }, { VA, 1, 0, 0, MEMORY, AS_USER, not_guest, VA },
	/* Writes that the guest's leaf forbids, or a table above it. */
	{ VA + 0x1000, 1, 0, 0, PTE_W, AS_USER, written, VA + 0x1000 },
	{ VA + (1ull << 21), 1, 0, 0, PTE_W, AS_USER, written, VA + (1ull << 21) },
	/* Pages of the supervisor's. */
	{ VA + 0x2000, 1, 0, 0, PTE_U, AS_KERNEL, user_mode, VA + 0x2000 },
	{ VA, 1, 0, PTE_U, 0, AS_USER, supervisor, VA }, { VA, 1, 0, PTE_U, 0, AS_KERNEL, NULL, 0 },
	/* Writers. */
	{ VA + 0x3000, 1, 0, 0, PTE_W, AS_USER, not_counted, VA + 0x3000 }, { VA, 1, 0, PTE_W, 0, AS_USER, fewer, PAGE(100) },
	/* Links: to no table; to all of memory's, which only a level can lead to. */
	{ VA + (9ull << 21), 2, 0, 0, 1ull << 40 | LINK, AS_USER, nowhere, VA + (9ull << 21) },
	{ VA + (1ull << 30), 3, 0, 0, LINEAR | LINK, AS_USER, nowhere, VA - (5ull << 21) + (1ull << 30) },
	{ 1ull << 39, 4, BOTH, 0, LINK, AS_USER, nowhere, 1ull << 39 },
	{ 0xfffffe0000000000, 4, 0, 0, LINK, AS_USER, NULL, 0 },		/* the hypervisor's own */
	/* User mode's roots. */
	{ VA, 4, USER_ROOT, PTE_P, 0, AS_USER, differs, 3ull << 39 }, { 0, 4, USER_ROOT, 0, PTE_P, AS_USER, differs, 0 },
	{ VA, 4, USER_ROOT, PTE_P, 0, ANOTHER_ROOT, differs, 3ull << 39 },
	{ 0x7f8000000000, 4, USER_ROOT, 0, LINK, AS_USER, differs, 0x7f8000000000 },
	{ 0xffff800000000000, 4, USER_ROOT, 0, LINK, AS_USER, seen, 0xffff800000000000 },
	{ 0xffffff8000000000, 4, USER_ROOT, 0, LINK, AS_USER, seen, 0xffffff8000000000 },
	{ 0xfffffe0000000000, 4, USER_ROOT, 0, LINK, AS_USER, NULL, 0 },
};

static void map(uint64_t va, uint64_t entry)
{
	guest_write(entry_of(model_root, va, 1, 1), entry, 0);
}

/* A page of each kind, in the lower half and in the upper. */
static void fill(void)
{
	static const uint64_t kinds[] = { USER, USER & ~PTE_W, OWN, USER & ~PTE_D };
	uint64_t at;

	for (unsigned i = 0; i < 4; i++)
		map(VA + i * 4096, kinds[i] | PAGE(100 + i));
	map(VA + (1ull << 21), USER | PAGE(104));
	at = entry_of(model_root, VA + (1ull << 21), 2, 0);
	guest_write(at, *entry_at(at) & ~PTE_W, 0);
	guest_write(entry_of(model_root, BASE, 2, 1), LARGE | USER | PTE_PS, 0);
	map(KERNEL + 0x5000, (OWN & ~PTE_W) | PAGE(5));
	mmu_flush_all();
	check_touch(VA, PF_U | PF_W);
	check_touch(VA + 0x1000, PF_U);
	check_touch(VA + 0x3000, PF_U);
	check_touch(VA + (1ull << 21), PF_U);
	check_touch(BASE + 0x3000, PF_U | PF_W);
	check_touch(KERNEL + 0x4000, PF_W);
	check_touch(KERNEL + 0x5000, 0);
}

/* The entry of @level for @va of the shadow; its table's number in *@table. */
static unsigned shadow_entry(unsigned root, uint64_t va, int level, unsigned *table)
{
	*table = root;
	for (int l = 4; l > level; l--)
		*table = backend_table_of(backend_table_get(*table, va >> (3 + 9 * l) & 511));
	expect("the shadow has its table", *table, va);
	return va >> (3 + 9 * level) & 511;
}

static void break_entry(const struct damage *d, unsigned root)
{
	unsigned table, index = shadow_entry(root, d->va, d->level, &table);

	if (table)
		backend_table_set(table, index, (backend_table_get(table, index) & ~d->clear) ^ d->set);
}

static int check_is(const char *want, uint64_t want_at)
{
	uint64_t at = 0;
	const char *bad = mmu_check(&at);

	if (bad == want || (bad && want && !strcmp(bad, want) && at == want_at))
		return 1;
	printf("BAD %s at %lx, expected %s at %lx\n", bad ? bad : "nothing", at, want ? want : "nothing", want_at);
	return 0;
}

static int test_damage(unsigned i)
{
	const struct damage *d = &damages[i];
	unsigned roots[2];

	fill();
	mmu_flush_all();
	expect("a table of all memory", backend_table_address(backend_table_linear(0)) == LINEAR, LINEAR);
	roots[0] = fake_roots[0][0];
	roots[1] = fake_roots[0][1];
	if (d->state == AS_KERNEL)
		check_touch(VA + 0x2000, PF_W);
	if (d->state == ANOTHER_ROOT) {
		load(ROOT(2), 0);
		map(VA, USER | PAGE(110));
		check_touch(VA, PF_U | PF_W);
	}
	for (int root = 0; root < 2; root++)
		if (d->root == root || d->root == BOTH)
			break_entry(d, roots[root]);
	return check_is(d->bad, d->at);
}

/* What the guest's tables say now counts, not what they said at the last flush. */
static int test_changed(unsigned i)
{
	fill();
	load(ROOT(2), 0);
	map(VA, USER | PAGE(100));
	check_touch(VA, PF_U | PF_W);
	guest_write(i & 1 ? entry_of(ROOT(0), VA, 1, 0) : entry_of(ROOT(0), KERNEL + 0x4000, 1, 0), i & 2 ? 0 : OWN | PAGE(120), 0);
	fake_memory_notice();
	return check_is(NULL, 0);
}

/* More writers than can be counted. */
static int test_many(unsigned i)
{
	uint64_t table = entry_of(model_root, VA, 1, 1) & ~4095ull;

	(void)i;
	for (unsigned k = 0; k < 512; k++)
		entry_at(table)[k] = USER | PAGE(100);
	for (unsigned k = 0; k < 130; k++) {
		uint64_t va = (4ull << 39) + ((uint64_t)k << 21);

		guest_write(entry_of(model_root, va, 2, 1), table | LINK, 0);
		for (unsigned page = 0; page < 512; page += 16)		/* its neighbours come with it */
			check_touch(va + page * 4096ull, PF_U | PF_W);
	}
	return check_is(NULL, 0);
}

static int run(int (*test)(unsigned), unsigned i)
{
	int status = 1;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (!pid) {
		fake_memory_init(MEMORY);
		model_start();
		exit(!test(i) || model_failed);
	}
	return waitpid(pid, &status, 0) == pid && !status;
}

static int nothing_has_run(void)
{
	uint64_t at;

	return !mmu_check(&at);
}

int main(void)
{
	static const struct { int (*test)(unsigned); unsigned count; } all[] = {
		{ test_damage, sizeof(damages) / sizeof(damages[0]) }, { test_changed, 4 }, { test_many, 1 },
	};
	unsigned count = 1, good = nothing_has_run();

	for (unsigned t = 0; t < sizeof(all) / sizeof(all[0]); t++)
		for (unsigned i = 0; i < all[t].count; i++, count++) {
			if (run(all[t].test, i))
				good++;
			else
				printf("BAD case %u of test %u\n", i, t);
		}
	printf("check: %u of %u cases\n", good, count);
	return good != count;
}
