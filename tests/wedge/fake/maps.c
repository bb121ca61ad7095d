/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * Mappings of a host as a TLB (mmu/maps/maps.h), with a host that is an array: what a fault
 * maps, what stays after a change of tables or takes its place, how many calls that takes,
 * what happens when the list or the host is full.
 */
#include "../../../runtime-stubs/mmu/maps/maps.h"
#include "../../../runtime-stubs/mmu/mmu.h"
#include "../../../runtime-stubs/iface/memory.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PAGES 128u
#define BASE 0x400000ull
#define EACH 32u			/* pages of one table */
#define TABLE_SIZE (512ull * BACKEND_PAGE)
#define VA(i) (BASE + (i) / EACH * TABLE_SIZE + (uint64_t)((i) % EACH) * BACKEND_PAGE)
#define FRAME(i) (0x10000000ull + (uint64_t)(i) * BACKEND_PAGE)
#define ALL (PTE_P | PTE_W | PTE_U | PTE_A | PTE_D)

static uint64_t leaves[PAGES], levels[PAGES], changes;
static uint64_t changed[PAGES / EACH];	/* by table */
static unsigned walks;
static struct { uint64_t frame; unsigned rights, mapped; } host[PAGES];
static struct maps_page list[64];
static unsigned refusals, calls, unmaps, bad;
static uint64_t size_mapped;		/* by the last call */

static void expect(const char *what, int right)
{
	if (!right && bad++ < 10)
		printf("maps: %s\n", what);
}

static unsigned number(uint64_t va)
{
	uint64_t table = (va - BASE) / TABLE_SIZE, page = va % TABLE_SIZE / BACKEND_PAGE;

	if (va < BASE || table >= PAGES / EACH || page >= EACH)
		abort();
	return table * EACH + page;
}

/* Something was taken from the table of page @i, or one above. */
static void took(unsigned i)
{
	changed[i / EACH] = ++changes;
}

static void walk(unsigned root, uint64_t va, struct maps_walk *walk)
{
	unsigned i = number(va);

	expect("another root", root == 7);
	walk->leaf = levels[i] & PTE_P ? &leaves[i] : NULL;
	walk->rights = levels[i];
	walk->changed = changed[i / EACH];
	walks++;
}

static long map(struct maps *maps, uint64_t va, uint64_t size, unsigned rights, uint64_t frame)
{
	(void)maps;
	calls++;
	expect("whole pages are mapped", va % BACKEND_PAGE == 0 && size && size % BACKEND_PAGE == 0);
	size_mapped = size;
	if (refusals) {
		refusals--;
		return -12;
	}
	for (; size; size -= BACKEND_PAGE, va += BACKEND_PAGE, frame += BACKEND_PAGE) {
		host[number(va)].frame = frame;
		host[number(va)].rights = rights;
		host[number(va)].mapped = 1;
	}
	return 0;
}

static void unmap(struct maps *maps, uint64_t va, uint64_t size)
{
	unmaps++;
	for (; size; size -= BACKEND_PAGE, va += BACKEND_PAGE) {
		int is_page = va % TABLE_SIZE < EACH * BACKEND_PAGE;

		/* There may be something else. */
		expect("what was not mapped stays", maps->alone || (is_page && host[number(va)].mapped));
		if (is_page)
			host[number(va)].rights = host[number(va)].mapped = 0;
	}
}

static struct maps maps = {
	.pages = list, .room = 64, .changes = &changes, .walk = walk, .map = map, .unmap = unmap,
};

static unsigned mapped(void)
{
	unsigned n = 0;

	for (unsigned i = 0; i < PAGES; i++)
		n += host[i].rights != 0;
	return n;
}

/* Each page of the host's has no more than its leaf allows, by another way than maps.c's. */
static void check(const char *what)
{
	for (unsigned i = 0; i < PAGES; i++) {
		uint64_t leaf = levels[i] & PTE_P ? leaves[i] : 0, rights = levels[i] & leaf;

		if (!host[i].rights)
			continue;
		expect(what, (leaf & PTE_P) && host[i].frame == (leaf & PTE_ADDRESS));
		expect(what, !maps.user || (rights & PTE_U));
		expect(what, !(host[i].rights & MAPS_WRITE) || ((rights & PTE_W) && (leaf & PTE_D)));
		expect(what, !(host[i].rights & MAPS_EXECUTE) || !((leaf | levels[i]) & PTE_NX));
	}
}

/* The list is sorted, and has what the host has mapped, no more. */
static void check_list(void)
{
	unsigned n = 0;

	for (unsigned i = 0; i < maps.count; i++) {
		expect("the list's order", !i || list[i - 1].va >> 12 < list[i].va >> 12);
		expect("the list", host[number(list[i].va)].rights == (list[i].va & 7) &&
		       host[number(list[i].va)].frame == list[i].frame);
		n += (list[i].va & 7) != 0;
	}
	expect("the list's length", n == mapped());
}

static void reset(void)
{
	maps_forget(&maps);
	expect("forget leaves something", !mapped() && !maps.count);
	for (unsigned i = 0; i < PAGES; i++) {
		leaves[i] = ALL | FRAME(i);
		levels[i] = ALL;
	}
	maps.user = maps.alone = maps.replaces = 0;
	refusals = 0;
}

static void test_fill(void)
{
	reset();
	expect("a fault", maps_fill(&maps, 7, VA(20) + 5, 0) == MAPS_MAPPED);
	expect("neighbours", mapped() == MAPS_AROUND && host[16].rights && host[31].rights);
	expect("execution", host[20].rights == (MAPS_READ | MAPS_WRITE | MAPS_EXECUTE));
	leaves[40] &= ~PTE_D;
	leaves[45] |= PTE_NX;
	leaves[38] = ALL | FRAME(90);
	expect("a clean page", maps_fill(&maps, 7, VA(40), 0) == MAPS_MAPPED);
	expect("it is not written to", host[40].rights == (MAPS_READ | MAPS_EXECUTE) && !host[41].rights);
	expect("a write", maps_fill(&maps, 7, VA(40), PF_W) == MAPS_MAPPED && leaves[40] & PTE_D);
	expect("as far as alike", host[39].rights && host[44].rights && !host[38].rights && !host[45].rights);
	check("fill");
	leaves[60] = 0;
	levels[61] &= ~PTE_W;
	leaves[62] &= ~PTE_U;
	leaves[63] |= PTE_NX;
	levels[65] = 0;
	expect("not there", maps_fill(&maps, 7, VA(60), 0) == MAPS_DENIED || !host[60].rights);
	expect("read-only", maps_fill(&maps, 7, VA(61), PF_W) == MAPS_DENIED);
	expect("no code", maps_fill(&maps, 7, VA(63), 0) == MAPS_MAPPED && !(host[63].rights & MAPS_EXECUTE));
	levels[63] |= PTE_NX;
	expect("no code", maps_fill(&maps, 7, VA(63), PF_I) == MAPS_DENIED);
	expect("no table", maps_fill(&maps, 7, VA(65), 0) == MAPS_DENIED);
	maps.user = 1;
	levels[66] &= ~PTE_U;
	expect("the supervisor's", maps_fill(&maps, 7, VA(66), 0) == MAPS_DENIED);
	expect("reserved", !maps_fill(&maps, 7, 0xfffffe0000000000, 0));
	maps.user = 0;
	took(66);
	maps_sync(&maps, 7);
	check("after faults");
}

static void test_sync(void)
{
	uint64_t va = 0;

	reset();
	maps_fill(&maps, 7, VA(0), 0);
	leaves[3] = ALL | FRAME(100);
	leaves[4] &= ~PTE_W;
	leaves[5] = 0;
	leaves[9] |= PTE_NX;
	expect("check finds it", maps_check(&maps, 7, &va) && va == VA(3));
	maps_sync(&maps, 7);
	expect("no change was counted", mapped() == MAPS_AROUND);
	took(3);
	maps_sync(&maps, 7);
	expect("four are gone", mapped() == MAPS_AROUND - 4 && maps.count == MAPS_AROUND - 4);
	expect("nothing is found", !maps_check(&maps, 7, &va));
	check("sync");
}

/* Pages that are not right any more get what the tables say. */
static void test_replace(void)
{
	reset();
	maps.replaces = 1;
	maps_fill(&maps, 7, VA(0), 0);
	leaves[3] = ALL | FRAME(100);
	leaves[4] &= ~PTE_W;
	leaves[5] = 0;
	took(3);
	unmaps = calls = 0;
	maps_sync(&maps, 7);
	expect("one is gone", mapped() == MAPS_AROUND - 1 && calls == 2 && unmaps == 1);
	expect("another frame", host[3].frame == FRAME(100));
	expect("fewer rights", host[4].rights == (MAPS_READ | MAPS_EXECUTE));
	check("replaced");
	check_list();
	leaves[7] = ALL | FRAME(101);
	took(7);
	refusals = 1;
	maps_sync(&maps, 7);
	expect("the host refuses another", !host[7].rights);
	check_list();
}

/* One call for all between two that stay; a fault maps what is not mapped. */
static void test_alone(void)
{
	reset();
	maps.alone = 1;
	maps_fill(&maps, 7, VA(0), 0);
	maps_fill(&maps, 7, VA(40), 0);
	leaves[2] = leaves[4] = leaves[14] = leaves[15] = leaves[32] = leaves[33] = 0;
	took(2);
	took(32);
	unmaps = calls = 0;
	maps_sync(&maps, 7);
	expect("three calls", unmaps == 3 && mapped() == 2 * MAPS_AROUND - 6);
	leaves[4] = ALL | FRAME(4);
	expect("one page", maps_fill(&maps, 7, VA(4), 0) == MAPS_MAPPED && mapped() == 2 * MAPS_AROUND - 5 &&
	       size_mapped == BACKEND_PAGE);
	check("alone");
	check_list();
}

/* A table from which nothing was taken is looked at once, whatever it has. */
static void test_unchanged(void)
{
	reset();
	maps_fill(&maps, 7, VA(0), 0);
	maps_fill(&maps, 7, VA(16), 0);
	maps_fill(&maps, 7, VA(32), 0);
	maps_fill(&maps, 7, VA(96), 0);
	took(0);
	maps_sync(&maps, 7);
	leaves[33] = 0;
	took(33);
	walks = 0;
	maps_sync(&maps, 7);
	expect("one is gone", mapped() == 4 * MAPS_AROUND - 1 && !host[33].rights);
	expect("walks of the others", walks == 3 + MAPS_AROUND);
	leaves[1] = ALL | FRAME(100);
	maps.generation = 0;		/* another root */
	maps_sync(&maps, 7);
	expect("all are looked at", !host[1].rights);
	check("unchanged");
	check_list();
}

/* One more than there is room for: an eighth goes. */
static void test_room(void)
{
	reset();
	for (unsigned i = 0; i < 64; i += MAPS_AROUND)
		maps_fill(&maps, 7, VA(i), 0);
	expect("all that there is room for", maps.count == 64);
	maps_fill(&maps, 7, VA(64), 0);
	expect("most of it stays", maps.count == 64 - 64 / 8 && mapped() == maps.count);
	check_list();
}

static void test_full(void)
{
	reset();
	for (unsigned i = 0; i < PAGES; i += MAPS_AROUND)
		expect("room", maps_fill(&maps, 7, VA(i), 0) == MAPS_MAPPED && maps.count <= maps.room);
	expect("what was unmapped is not there", mapped() == maps.count);
	refusals = 1;
	expect("the host is full once", maps_fill(&maps, 7, VA(1), 0) == MAPS_MAPPED && host[1].rights &&
	       mapped() == maps.count && mapped() <= MAPS_AROUND);
	refusals = 2;
	expect("the host refuses", maps_fill(&maps, 7, VA(1), 0) == -12 && !mapped() && !maps.count);
}

/* Of a page, or of the levels above, which its neighbours have, too. */
static void change(unsigned i, uint64_t bit)
{
	took(i);
	if (rand() % 4) {
		leaves[i] ^= bit;
		return;
	}
	for (unsigned k = i & -MAPS_AROUND; k <= (i | (MAPS_AROUND - 1)); k++)
		levels[k] ^= bit;
}

/* Random tables, accesses and changes: what is mapped is always in the list, and right
   once the change was looked at. */
static void test_random(unsigned seed)
{
	static const uint64_t bits[] = { PTE_P, PTE_W, PTE_U, PTE_D, PTE_NX, 0x5000 };

	srand(seed);
	reset();
	maps.user = seed & 1;
	maps.alone = seed >> 1 & 1;
	maps.replaces = seed >> 2 & 1;
	for (unsigned step = 0; step < 4000; step++) {
		unsigned i = rand() % PAGES, access = rand() % 3;
		int faulted;

		if (rand() % 3 == 0)
			change(i, bits[rand() % 6]);
		maps_sync(&maps, 7);
		check("random");
		check_list();
		refusals = rand() % 50 == 0;
		faulted = maps_fill(&maps, 7, VA(i) + rand() % BACKEND_PAGE, access == 1 ? PF_W : access == 2 ? PF_I : 0);
		expect("what a fault has mapped is there", faulted != 1 || host[i].rights ||
		       (maps.user && !(leaves[i] & PTE_U)) || !(leaves[i] & PTE_P));
		check("random, after a fault");
		check_list();
	}
}

int main(void)
{
	test_fill();
	test_sync();
	test_replace();
	test_alone();
	test_unchanged();
	test_room();
	test_full();
	for (unsigned seed = 1; seed <= 8; seed++)
		test_random(seed);
	printf("maps: %u calls of the host, %u failed\n", calls, bad);
	return bad != 0;
}
