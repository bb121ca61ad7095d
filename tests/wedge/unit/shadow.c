/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * The shadow of the upper half, on tables in this program's memory: after each single
 * write to one of them, what the guest maps before and after a change is mapped
 * (mmu/shadow/upper_tables.c); no table is given back before the flush (mmu/shadow/pool.c).
 */
#include "../../../runtime-stubs/backend/backend.h"
#include "../../../runtime-stubs/board/board.h"
#include "../../../runtime-stubs/mmu/mmu.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FRAMES 8192u			/* of guest memory */
#define TABLES 256u
#define FIRST 3u			/* behind the roots */
#define LINEAR 1024u			/* names of linear tables */
#define LINK (PTE_P | PTE_W | PTE_A | PTE_D)
#include "hypervisor.h"

static uint8_t in_use[TABLES];
static unsigned writes, flushes, unlinked[TABLES], failures, checks;

/* What must be mapped, each time. */
static struct { uint64_t va, gpa; int write; } must[64];
static unsigned must_count;
static int watching;

static void fail(const char *what, uint64_t va)
{
	if (failures++ < 10)
		printf("BAD %s: %lx\n", what, va);
}

static uint64_t *table_at(uint64_t entry)
{
	unsigned t = (entry & PTE_ADDRESS) >> 12;

	return t < LINEAR ? tables[t] : linear + (t - LINEAR) * 512;
}

/* The leaf that a processor would find, or 0. */
static uint64_t walk(uint64_t va, uint64_t *rights)
{
	const uint64_t *table = tables[1];

	*rights = PTE_W;
	for (int level = 4;; level--) {
		uint64_t entry = table[va >> (3 + 9 * level) & 511];

		if (!(entry & PTE_P))
			return 0;
		*rights &= entry;
		if (level == 1)
			return entry;
		table = table_at(entry & ~(1ull << 44));
	}
}

static void look(void)
{
	for (unsigned i = 0; watching && i < must_count; i++) {
		uint64_t rights, leaf = walk(must[i].va, &rights);

		checks++;
		if (!leaf)
			fail("not mapped for a moment", must[i].va);
		else if ((leaf & PTE_ADDRESS) != MACHINE + must[i].gpa)
			fail("another page for a moment", must[i].va);
		else if (must[i].write && !rights)
			fail("less rights for a moment", must[i].va);
	}
}

/* The rest of the hypervisor. */
unsigned backend_table_alloc(int level)
{
	(void)level;
	for (unsigned t = FIRST; t < TABLES; t++)
		if (!in_use[t]) {
			in_use[t] = 1;
			return t;
		}
	return 0;
}

unsigned backend_tables_left(void)
{
	unsigned left = 0;

	for (unsigned t = FIRST; t < TABLES; t++)
		left += !in_use[t];
	return left;
}

void backend_table_free(unsigned table)
{
	checks++;
	if (unlinked[table] >= flushes)
		fail("a table given back before the flush", table);
	memset(tables[table], 0, sizeof(tables[table]));
	in_use[table] = 0;
	look();
}

void backend_table_set(unsigned table, unsigned index, uint64_t entry)
{
	unlinked[backend_table_of(tables[table][index])] = flushes;
	tables[table][index] = entry;
	writes++;
	look();
}

void backend_table_commit(int flush) { flushes += !!(flush & BACKEND_FLUSH_ALL); }
unsigned backend_table_linear(uint64_t gfn) { return gfn + 512 <= FRAMES ? LINEAR + gfn / 512 : 0; }
int backend_roots_alloc(unsigned *kernel, unsigned *user) { (void)kernel; (void)user; return -1; }

/* The guest: level-4 table, level 3, level 2, and two for each stretch of 2 MiB. */
#define ROOT 0x1000u
#define L3 0x2000u
#define L2 0x3000u
#define OTHER_L2 0x4000u
#define L1(i) (0x10000u + (i) * 0x1000u)
#define VA 0xffff888000000000ull
#define STRETCH(i) (VA + ((uint64_t)(i) << 21))
#define LARGE(i) ((uint64_t)(i) << 21)	/* the frames that stretch i maps */

static uint64_t *guest(uint64_t at) { return (uint64_t *)(memory + at); }

static void fill_small(unsigned table, uint64_t gpa, uint64_t flags)
{
	for (unsigned i = 0; i < 512; i++)
		guest(L1(table))[i] = (gpa + i * 4096ull) | flags;
}

static void demand(unsigned stretch, uint64_t gpa, int write)
{
	for (unsigned i = 0; i < 512; i += 73)
		must[must_count++] = (typeof(must[0])){ STRETCH(stretch) + i * 4096, gpa + i * 4096, write };
}

/* The entry at @at becomes @entry, as a kernel does it. */
static void change(const char *what, uint64_t *at, uint64_t entry, uint64_t va)
{
	unsigned before = failures, n = writes;

	watching = 1;
	*at = entry;
	mmu_invalidate(va);
	watching = 0;
	look();
	if (failures != before)
		printf("  while it was: %s\n", what);
	if (n == writes)
		fail(what, 0);		/* nothing has changed */
}

static void split_and_join(void)
{
	uint64_t *entry = guest(L2) + 1;

	fill_small(1, LARGE(1), LINK | PTE_G);
	must_count = 0;
	demand(1, LARGE(1), 1);
	for (int i = 0; i < 3; i++) {
		change("split", entry, L1(1) | LINK, STRETCH(1));
		change("joined", entry, LARGE(1) | LINK | PTE_PS | PTE_G, STRETCH(1));
	}
	must_count = 0;
	demand(1, LARGE(1), 0);
	change("write-protected", entry, LARGE(1) | PTE_P | PTE_A | PTE_PS | PTE_G, STRETCH(1));
	change("split", entry, L1(1) | LINK, STRETCH(1));
}

/* Neighbours with one table, one of which gets its own with the same pages. */
static void share_and_part(void)
{
	uint64_t *entry = guest(L2) + 4;

	fill_small(4, LARGE(5), LINK | PTE_G);
	fill_small(5, LARGE(5), LINK | PTE_G);
	entry[0] = entry[1] = L1(4) | LINK;
	mmu_flush_all();
	must_count = 0;
	demand(4, LARGE(5), 1);
	demand(5, LARGE(5), 1);
	change("parted", entry + 1, L1(5) | LINK, STRETCH(5));
	change("shared", entry + 1, L1(4) | LINK, STRETCH(5));
}

/* Another table of level 2 with the same pages, large ones made small and back. */
static void other_level_2(void)
{
	memcpy(guest(OTHER_L2), guest(L2), 4096);
	fill_small(6, LARGE(6), LINK | PTE_G);
	guest(OTHER_L2)[6] = L1(6) | LINK;
	must_count = 0;
	demand(6, LARGE(6), 1);
	demand(7, LARGE(7), 1);
	change("another level-2 table", guest(L3), OTHER_L2 | LINK, STRETCH(6));
	mmu_flush_all();
	look();
	guest(L3)[0] = L2 | LINK;
	watching = 1;
	mmu_flush_all();
	watching = 0;
}

int main(void)
{
	for (unsigned i = 0; i < FRAMES; i++) {
		numbers[i] = MACHINE / 4096 + i;
		linear[i] = numbers[i] * 4096 | LINK;
	}
	guest(ROOT)[VA >> 39 & 511] = L3 | LINK;
	guest(L3)[0] = L2 | LINK;
	for (unsigned i = 0; i < FRAMES / 512; i++)
		guest(L2)[i] = LARGE(i) | LINK | PTE_PS | PTE_G;
	mmu_user_seen();
	mmu_set_root(ROOT, 0);
	split_and_join();
	share_and_part();
	other_level_2();
	printf("shadow: %u checks after %u writes, %u flushes, %u failed\n", checks, writes,
	       flushes, failures);
	return failures || checks < 1000 || flushes < 5;
}
