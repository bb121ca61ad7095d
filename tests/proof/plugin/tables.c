/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * Which pages are tables: those that a walk from a processor's CR3 comes to.
 * Followed as it changes: a store to a table may link another one and unlink
 * what stood there, a load of CR3 links a root (AMD APM volume 2, chapter 5).
 *
 * Of each eight bytes of memory the last instruction that stored to them is
 * known. When a page is linked, what has put each entry there counts as a store
 * to a table; so do all stores while it is linked.
 *
 * A root that no CR3 holds rests: it may be freed, and nothing tells of that. It
 * stays linked until something is stored to it; it is linked anew, and all of
 * its entries counted, when a CR3 holds it again.
 *
 * LIMIT: four levels; what devices store is not seen.
 */
#include "proof.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum { ENTRIES = 512, PAGE_SHIFT = 12, MAX_CPUS = 64 };
#define PRESENT 1ull
#define LARGE 0x80ull
#define FRAME 0x000ffffffffff000ull

struct page {
	uint8_t level;
	bool resting;		/* a root */
	uint32_t links;		/* from tables and from CR3s */
	uint32_t *children;	/* as they were last read: page frames, 0 none */
};

static const uint64_t *memory;
static uint64_t pages;
static uint32_t *writers;	/* of each entry */
static struct page *all;
static uint64_t roots[MAX_CPUS];
static struct { uint64_t links, loads, conflicts; } counts;

bool tables_begin(const char *memory_file)
{
	int fd = open(memory_file, O_RDONLY);
	struct stat st;

	if (fd < 0 || fstat(fd, &st))
		return false;
	memory = mmap(NULL, st.st_size, PROT_READ, MAP_SHARED, fd, 0);
	close(fd);
	pages = st.st_size >> PAGE_SHIFT;
	writers = mmap(NULL, pages * ENTRIES * sizeof(*writers), PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	all = calloc(pages, sizeof(*all));
	return memory != MAP_FAILED && (void *)writers != MAP_FAILED && all;
}

static void link_page(uint64_t frame, unsigned level);

static void unlink_page(uint64_t frame)
{
	struct page *p = &all[frame];

	if (--p->links)
		return;
	p->level = LEVEL_NONE;
	p->resting = false;
	for (unsigned i = 0; i < ENTRIES; i++)
		if (p->children[i])
			unlink_page(p->children[i]);
	free(p->children);
	p->children = NULL;
}

/* The table that an entry leads to, or 0. */
static uint64_t child_of(uint64_t entry, unsigned level)
{
	uint64_t frame = (entry & FRAME) >> PAGE_SHIFT;

	if (!(entry & PRESENT) || level == LEVEL_PTE || frame >= pages)
		return 0;
	return entry & LARGE && level != LEVEL_PGD ? 0 : frame;
}

static void look_at_entry(uint64_t frame, unsigned index)
{
	struct page *p = &all[frame];
	uint64_t child = child_of(memory[frame * ENTRIES + index], p->level);
	uint64_t before = p->children[index];

	if (child == before)
		return;
	p->children[index] = child;
	if (child)
		link_page(child, p->level - 1);
	if (before)
		unlink_page(before);
}

static void look_at_page(uint64_t frame)
{
	struct page *p = &all[frame];

	for (unsigned i = 0; i < ENTRIES; i++) {
		uint64_t at = frame * ENTRIES + i;

		events_table(writers[at], p->level, false, at * sizeof(*memory));
	}
	for (unsigned i = 0; i < ENTRIES; i++)
		look_at_entry(frame, i);
}

static void link_page(uint64_t frame, unsigned level)
{
	struct page *p = &all[frame];

	if (p->resting && level != LEVEL_PGD)	/* it was freed, and used again */
		unlink_page(frame);
	if (p->links++) {
		counts.conflicts += p->level != level;
		return;
	}
	counts.links++;
	p->level = level;
	p->children = calloc(ENTRIES, sizeof(*p->children));
	if (!p->children)
		abort();
	look_at_page(frame);
}

void tables_store(uint32_t owner, uint64_t address, unsigned size)
{
	uint64_t first = address / sizeof(*memory), last = (address + size - 1) / sizeof(*memory);

	for (uint64_t at = first; at <= last && at < pages * ENTRIES; at++) {
		struct page *p = &all[at / ENTRIES];

		writers[at] = owner;
		if (!p->level)
			continue;
		if (p->resting) {
			unlink_page(at / ENTRIES);
			continue;
		}
		events_table(owner, p->level, true, address);
		look_at_entry(at / ENTRIES, at % ENTRIES);
	}
}

/* Another processor may still hold a root that this one leaves. */
static void leave_root(unsigned cpu)
{
	uint64_t frame = roots[cpu];

	roots[cpu] = 0;
	for (unsigned i = 0; i < MAX_CPUS; i++)
		if (roots[i] == frame)
			return;
	if (frame)
		all[frame].resting = true;
}

void tables_root(unsigned cpu, uint64_t cr3)
{
	uint64_t frame = (cr3 & FRAME) >> PAGE_SHIFT;
	struct page *p = &all[frame];

	counts.loads++;
	if (cpu >= MAX_CPUS || !frame || frame >= pages || roots[cpu] == frame)
		return;
	leave_root(cpu);
	roots[cpu] = frame;
	if (!p->level) {
		link_page(frame, LEVEL_PGD);
		return;
	}
	counts.conflicts += p->level != LEVEL_PGD;
	p->resting = false;
}

/* tables LINKED CR3-LOADS USED-AT-TWO-LEVELS */
void tables_report(FILE *out)
{
	fprintf(out, "tables %llu %llu %llu\n", (unsigned long long)counts.links,
		(unsigned long long)counts.loads, (unsigned long long)counts.conflicts);
}
