/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * Random guests: each changes its tables as kernels may (small and large pages, shared
 * tables, tables given up and used again, rights, accessed and dirty bits), forgets
 * what it has to by invlpg or by CR3, and after each change accesses come to what its
 * tables say. Every other guest has two processors, each with its TLB; calm guests load
 * one root after the other and change little. Half as many more, from ISOLATED on, have a second root
 * for user mode in each process. Each guest has a core of its own; at its end mmu_check looks at all, and
 * what it has cost is compared with what it cost before, a line a guest in COSTS:
 * "guest changes reads flushes fills syncs". A shadow that is right and does more is noticed so,
 * and one that does less, too. With --record the lines are written to standard output.
 *
 *     mmu_random [FIRST [COUNT [COSTS | --record]]]
 */
#include "model.h"
#include <sys/wait.h>
#include <unistd.h>

#define STEPS 600u
#define EARLY 100u		/* of these before user mode runs, in some guests */
#define ADDRESSES 96u
#define ISOLATED 1000u		/* the first guest with a second root for user mode */

static uint64_t state;
static int shares;		/* a table may stand at two addresses: invlpg of one is not enough */
static int calm;
static uint64_t other_root;	/* the other processor's CR3; 0: it has not started */
static int other_changed;	/* tables were changed since it ran: it has to forget all */

static unsigned choose(unsigned n)
{
	state = state * 6364136223846793005ull + 1442695040888963407ull;
	return (state >> 33) % n;
}

/* Of the lower half: a few tables of each level, and neighbours. */
static uint64_t user_va(void)
{
	unsigned n = choose(ADDRESSES);

	return 0x400000 + (uint64_t)(n % 24) * 4096 + ((uint64_t)(n / 24 & 1) << 21) +
	       ((uint64_t)(n / 48 & 1) << 39) + (choose(8) ? 0 : 1ull << 30);
}

static uint64_t kernel_va(void)
{
	return KERNEL + choose(64) * 4096ull + (choose(4) ? 0 : (uint64_t)choose(3) << 21);
}

static uint64_t random_flags(int user)
{
	uint64_t flags = PTE_P;

	flags |= choose(4) ? PTE_W : 0;
	flags |= choose(3) ? PTE_A : 0;
	flags |= choose(3) ? PTE_D : 0;
	flags |= choose(4) ? 0 : PTE_NX;
	return flags | (user ? choose(5) ? PTE_U : 0 : choose(3) ? PTE_G : 0);
}

static uint64_t random_page(void)
{
	return choose(30) ? DATA_AT + choose(DATA_FRAMES) * 4096ull : 0xfec00000;
}

static uint64_t random_root(void)
{
	return ROOT(choose(ROOTS));
}

/* A leaf of the running space, of another, or of the kernel's. */
static void change_leaf(void)
{
	int user = choose(3);
	uint64_t va = user ? user_va() : kernel_va();
	uint64_t root = choose(4) ? model_root : random_root();
	uint64_t at = entry_of(root, va, 1, 1), entry = *entry_at(at), old = entry;

	switch (choose(6)) {
	case 0: entry = 0; break;
	case 1: entry &= ~(uint64_t)PTE_A; break;
	case 2: entry &= ~(uint64_t)PTE_D; break;
	case 3: entry ^= PTE_W; break;
	default: entry = random_page() | random_flags(user); break;
	}
	guest_write(at, entry, choose(2));
	/* What was not there before is in no TLB. */
	if (!(old & PTE_P) && choose(2))
		return;
	if (choose(8) && !(shares && user))
		mmu_invalidate(va);
	else if (choose(2) || !user)
		mmu_flush_all();
	else
		load(model_root, 1);
}

/* A large page in a table's place, or a table in its, or nothing. */
static void change_large(void)
{
	int user = choose(4);
	uint64_t va = user ? 0x800000 + ((uint64_t)choose(3) << 21) : KERNEL + ((uint64_t)(1 + choose(3)) << 21);
	uint64_t at = entry_of(model_root, va, 2, 1), entry = *entry_at(at);
	uint64_t page = ((uint64_t)(1 + choose(6)) << 21) | random_flags(user) | PTE_PS;

	if (entry & PTE_PS && choose(2)) {
		uint64_t table = new_table();

		fake_memory_notice();
		for (unsigned i = 0; i < 512; i++)
			entry_at(table)[i] = (entry & ~(uint64_t)PTE_PS) + i * 4096ull;
		guest_write(at, table | LINK, 0);
	} else {
		guest_write(at, choose(5) ? page : 0, choose(2));
	}
	if (choose(2) || (shares && user))
		mmu_flush_all();
	else
		for (unsigned i = 0; i < 512; i++)
			mmu_invalidate(va + i * 4096ull);
	check_touch(va + choose(512) * 4096ull, choose(2) ? PF_W : 0);
}

/* A table of one space hangs in another as well; its rights are others there. */
static void share_table(void)
{
	uint64_t va = user_va(), other = random_root(), to = user_va();
	int level = 2 + choose(2);
	uint64_t from = entry_of(model_root, va, level, 1), at = entry_of(other, to, level, 1);
	uint64_t link = *entry_at(from);

	if (!(link & PTE_P) || link & PTE_PS)
		return;
	if (!choose(3))
		link &= ~(choose(2) ? (uint64_t)PTE_W : PTE_U);
	if (!choose(4))
		link ^= PTE_NX;
	guest_write(at, link, choose(2));
	load(model_root, choose(2));	/* the running one may have that table, too */
}

/* A process ends: its tables are gone, and one of the frames is a page of data. */
static void end_process(void)
{
	uint64_t root = random_root(), frame = *entry_at(entry_of(root, 0x400000, 3, 1));

	if (root == other_root)
		return;
	if (root == model_root)
		load(other_root ? other_root : root == ROOT(0) ? ROOT(1) : ROOT(0), choose(2));
	for (unsigned i = 0; i < 256; i++) {
		if (entry_at(root)[i])
			guest_write(root + 8 * i, 0, 0);
		if (model_isolates && entry_at(root + 4096)[i])
			guest_write(root + 4096 + 8 * i, 0, 0);
	}
	if (frame & PTE_P && choose(2)) {
		guest_write(entry_of(model_root, 0x7000000, 1, 1), (frame & PTE_ADDRESS) | OWN | PTE_U, 0);
		mmu_invalidate(0x7000000);
		check_touch(0x7000000, PF_W | PF_U);
		guest_write(entry_of(model_root, 0x7000000, 1, 1), 0, 0);
		mmu_invalidate(0x7000000);
	}
}

static void access_by_wedge(void)
{
	uint64_t va = (choose(2) ? user_va() : kernel_va()) + 4090 * choose(2), address, word = state;
	int write = choose(2), user = choose(2);
	uint32_t error = 0, access = (write ? PF_W : 0) | (user ? PF_U : 0);
	struct found one = find(model_root, va), two = find(model_root, va + 7);
	int first = allowed(&one, access) && backend_is_memory(one.gpa);
	int second = allowed(&two, access) && backend_is_memory(two.gpa);
	int result;

	if ((one.present && !backend_is_memory(one.gpa)) || (two.present && !backend_is_memory(two.gpa)))
		return;
	result = mmu_access(va, &word, 8, write, user, &address, &error);
	expect("an access by the wedge", !result == (first && second), va);
	if (result) {
		expect("where it ended", address == (first ? (va + 7) & ~4095ull : va), va);
		expect("by which fault", error == (access | ((first ? two : one).present ? PF_P : 0)), va);
	} else if (!write) {
		expect("what it has read", (uint8_t)word == *(uint8_t *)entry_at(one.gpa), va);
	} else {
		expect("what it has written", (uint8_t)word == *(uint8_t *)entry_at(one.gpa) &&
		       word >> 56 == *(uint8_t *)entry_at(two.gpa), va);
	}
}

/* The other processor goes on, and forgets first what may have changed. */
static void switch_processors(void)
{
	uint64_t root = model_root;

	if (backend_vcpus == 1)
		return;
	fake_memory_notice();
	fake_on(!backend_vcpu);
	if (!other_root) {
		mmu_user_seen();
		load(random_root(), 0);
	} else {
		model_root = other_root;
		if (model_changed != other_changed)
			mmu_flush_all();
	}
	other_root = root;
	other_changed = model_changed;
}

static void change(void)
{
	switch (choose(20)) {
	case 0: case 1: case 2: case 3: case 4: change_leaf(); break;
	case 5: change_large(); break;
	case 6: if (shares) share_table(); break;
	case 7: case 8: load(random_root(), choose(2)); break;
	case 9: if (!choose(4)) end_process(); break;
	case 10: mmu_flush_all(); break;
	case 11: mmu_prefill(user_va()); break;
	case 12: switch_processors(); break;
	default: access_by_wedge(); break;
	}
}

static void change_little(void)
{
	switch (choose(12)) {
	case 0: change_leaf(); break;
	case 1: switch_processors(); break;
	case 2: mmu_prefill(user_va()); break;
	case 3: access_by_wedge(); break;
	default: load(random_root(), 1); break;
	}
}

/* A process's level-4 entry is another for its user mode, or the same again. */
static void part_roots(void)
{
	uint64_t at = model_root + 8 * (user_va() >> 39 & 511), own = *entry_at(at);
	uint64_t entry = choose(2) ? own & ~(uint64_t)PTE_NX : choose(2) ? 0 : new_table() | LINK;

	guest_write(at + 4096, entry, 0);
	mmu_flush_all();
}

/* The kernel changes something, and goes back to user mode, for which it loads the other root. */
static void step_isolated(void)
{
	static const uint32_t accesses[] = { PF_U, PF_U | PF_W, PF_U | PF_I };
	uint64_t root;

	if (calm)
		change_little();
	else if (choose(30))
		change();
	else
		part_roots();
	for (unsigned i = 0; i < 3; i++)
		check_touch((choose(2) ? user_va() : kernel_va()) + choose(4096), choose(2) ? PF_W : 0);
	root = model_root;
	load(root + 4096, choose(8));
	for (unsigned i = 0; i < 5; i++)
		check_touch((choose(5) ? user_va() : kernel_va()) + choose(4096), accesses[choose(3)]);
	load(root, choose(8));
}

static void step(void)
{
	static const uint32_t accesses[] = { 0, PF_W, PF_I, PF_U, PF_U | PF_W, PF_U | PF_I };

	if (model_isolates) {
		step_isolated();
		return;
	}
	if (calm)
		change_little();
	else
		change();
	for (unsigned i = 0; i < 6; i++)
		check_touch((choose(3) ? user_va() : kernel_va()) + choose(4096),
			    accesses[choose(mmu_vcpu.has_run_user ? 6 : 3)]);
}

static const char *costs;

#define COSTS 5

/* Entries set and read, flushes of all processors, faults that were filled, comparisons of
   the kernel's half. */
static void compare_costs(unsigned seed)
{
	unsigned long now[COSTS] = { fake_changes, fake_reads, fake_flushes, mmu_vcpu.counters.fills,
				     mmu_vcpu.counters.kernel_syncs }, was[COSTS];
	char line[100];
	FILE *f;
	unsigned guest;

	if (!costs)
		return;
	if (!strcmp(costs, "--record")) {
		printf("%u %lu %lu %lu %lu %lu\n", seed, now[0], now[1], now[2], now[3], now[4]);
		return;
	}
	f = fopen(costs, "r");
	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "%u %lu %lu %lu %lu %lu", &guest, &was[0], &was[1], &was[2], &was[3], &was[4]) == 6 &&
		    guest == seed && memcmp(was, now, sizeof(was))) {
			expect("the costs (if they are meant to be others, record them)", 0, seed);
			printf("guest %u: changes %lu, were %lu; reads %lu, %lu; flushes %lu, %lu; fills %lu, %lu; "
			       "syncs %lu, %lu\n", seed, now[0], was[0], now[1], was[1], now[2], was[2], now[3], was[3],
			       now[4], was[4]);
		}
	expect("costs were recorded", !!f, 0);
	if (f)
		fclose(f);
}

static int guest(unsigned seed)
{
	const char *bad = NULL;
	uint64_t at = 0;

	state = seed * 0x9e3779b97f4a7c15ull;
	backend_vcpus = 1 + seed % 2;
	fake_eager = seed / 2 % 2;
	shares = seed / 4 % 2;
	calm = model_plain = seed / 8 % 2;
	model_isolates = model_has_pairs = seed >= ISOLATED;
	model_early = seed % 4 == 0 && !model_isolates;	/* of one processor */
	if (seed % 8 > 5)
		fake_tables = 175;		/* hardly more than the reserve */
	fake_memory_init(MEMORY);
	for (uint64_t i = DATA_AT; i < DATA_AT + (1 << 21); i += 8)
		*entry_at(i) = i * 0x9e3779b97f4a7c15ull;
	model_start();
	for (unsigned i = 0; i < STEPS && model_next < TABLES_END - 0x20000; i++) {
		if (i == EARLY)
			mmu_user_seen();
		step();
		if (model_failed) {
			printf("in step %u of guest %u\n", i, seed);
			return 1;
		}
		expect("tables are left", !mmu_vm.out_of_tables, seed);
	}
	mmu_before_user();
	fake_memory_notice();
	bad = mmu_check(&at);
	if (bad)
		printf("BAD guest %u: %s: %lx\n", seed, bad, at);
	compare_costs(seed);
	return bad || model_failed || model_checks < 1000;
}

/* In a process of its own. */
static int run(unsigned seed)
{
	int status = 1;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (!pid)
		exit(guest(seed));
	if (waitpid(pid, &status, 0) < 0)
		return 1;
	if (!WIFEXITED(status))
		printf("BAD guest %u: signal %d\n", seed, WTERMSIG(status));
	return !!status;
}

int main(int argc, char **argv)
{
	unsigned first = argc > 1 ? atoi(argv[1]) : 0, count = argc > 2 ? atoi(argv[2]) : 32, bad = 0;

	costs = argc > 3 ? argv[3] : NULL;
	for (unsigned i = 0; i < count; i++)
		bad += run(first + i);
	for (unsigned i = 0; i < count / 2; i++)
		bad += run(ISOLATED + first + i);
	if (!costs || strcmp(costs, "--record"))
		printf("mmu: %u of %u random guests\n", count + count / 2 - bad, count + count / 2);
	return !!bad;
}
