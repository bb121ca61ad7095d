/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * Guest memory, and tables the processor walks. A table is an array; the processor sees
 * a copy of it that changes when it must (fake_eager: at once).
 */
#include "fake.h"
#include "../backend.h"
#include "../../mmu/mmu.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define TABLES_MOST 8192u
#define QUEUE 65536u
#define CLEANED 65536u
#define MACHINE (1ull << 40)		/* where guest memory lies */
#define TABLE_MACHINE (1ull << 44)	/* where tables lie */

enum { TABLE_ROOT = 1, TABLE_USER_ROOT, TABLE_POOL, TABLE_LINEAR = 16384 };

struct table {
	uint64_t now[512], seen[512];	/* as they were set; as the processor sees them */
	uint8_t level;
};

unsigned fake_tables = 1024;
int fake_eager;
unsigned fake_roots[FAKE_VCPUS][2] = { { TABLE_ROOT, TABLE_USER_ROOT }, { TABLE_ROOT, TABLE_USER_ROOT } };
unsigned fake_flushes, fake_changes, fake_reads;

static struct table *tables;
static uint64_t *linear, *linear_seen, *numbers;
static uint64_t frames;
static struct { uint16_t table, index; } queue[QUEUE];
static uint64_t cleaned_linear[QUEUE];
static unsigned queued, cleans;
static struct { uint32_t gfn; uint8_t *copy; } *cleaned;
static unsigned cleaned_count;

uint8_t *backend_guest_memory;
uint64_t backend_low_bytes, backend_guest_bytes;
const uint64_t *backend_frame_numbers, *backend_linear;
const uint64_t backend_leaf_mask = PTE_U, backend_leaf_supervisor = 0;

static void memory_fail(const char *what, uint64_t number)
{
	printf("BAD fake back-end: %s %lx\n", what, number);
	exit(1);
}

/*
 * Zeroed, page-aligned; pages that are not touched take no memory. Large pages, where the host
 * has them, spare most page faults: the tests make many machines.
 */
static void *memory_take(size_t size)
{
	void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (memory == MAP_FAILED)
		memory_fail("no memory", size);
	madvise(memory, size, MADV_HUGEPAGE);
	return memory;
}

void *backend_memory(size_t size)
{
	return memory_take(size);
}

void fake_memory_init(uint64_t low)
{
	if (!tables) {
		tables = memory_take(TABLES_MOST * sizeof(*tables));
		cleaned = memory_take(CLEANED * sizeof(*cleaned));
	}
	frames = low / BACKEND_PAGE;
	backend_low_bytes = backend_guest_bytes = low;
	backend_guest_memory = memory_take(low);
	linear = memory_take(((frames + 511) & ~511ull) * 8);
	linear_seen = memory_take(((frames + 511) & ~511ull) * 8);
	numbers = memory_take(frames * 8);
	for (uint64_t i = 0; i < frames; i++) {
		numbers[i] = MACHINE / BACKEND_PAGE + i;
		linear[i] = numbers[i] * BACKEND_PAGE | PTE_P | PTE_W | PTE_U | PTE_A | PTE_D;
		linear_seen[i] = linear[i];
	}
	backend_frame_numbers = numbers;
	backend_linear = linear;
	tables[TABLE_ROOT].level = tables[TABLE_USER_ROOT].level = 4;
}

static struct table *memory_table(unsigned table)
{
	if (!table || table >= backend_table_limit() || !tables[table].level)
		memory_fail("no such table", table);
	return &tables[table];
}

unsigned backend_table_limit(void)
{
	return TABLE_POOL + fake_tables;
}

unsigned backend_table_alloc(int level)
{
	for (unsigned t = TABLE_POOL; t < backend_table_limit(); t++)
		if (!tables[t].level) {
			tables[t].level = level;
			return t;
		}
	return 0;
}

unsigned backend_tables_left(void)
{
	unsigned left = 0;

	for (unsigned t = TABLE_POOL; t < backend_table_limit(); t++)
		left += !tables[t].level;
	return left;
}

static void memory_drop(struct table *t, unsigned index)
{
	t->seen[index] = t->now[index];
}

/* Nothing that the processor could walk, from @in on, leads to @table any more. */
static void memory_check_unused(unsigned in, unsigned table)
{
	if (in >= TABLE_LINEAR || tables[in].level == 1)
		return;
	for (unsigned i = 0; i < 512; i++) {
		uint64_t entry = tables[in].seen[i];

		if (!(entry & PTE_P))
			continue;
		if (fake_memory_next(entry) == table)
			memory_fail("a table in use is given back", table);
		memory_check_unused(fake_memory_next(entry), table);
	}
}

void backend_table_free(unsigned table)
{
	struct table *t = memory_table(table);

	fake_memory_apply();
	for (unsigned vcpu = 0; vcpu < FAKE_VCPUS; vcpu++) {
		memory_check_unused(fake_roots[vcpu][0], table);
		memory_check_unused(fake_roots[vcpu][1], table);
	}
	memset(t->now, 0, sizeof(t->now));
	memset(t->seen, 0, sizeof(t->seen));
	t->level = 0;
}

void backend_table_set(unsigned table, unsigned index, uint64_t entry)
{
	struct table *t = memory_table(table);

	t->now[index] = entry;
	fake_changes++;
	if (fake_eager) {
		memory_drop(t, index);
		return;
	}
	if (queued == QUEUE)
		fake_memory_apply();
	queue[queued].table = table;
	queue[queued++].index = index;
}

uint64_t backend_table_get(unsigned table, unsigned index)
{
	if (!table || table >= backend_table_limit())
		memory_fail("no such table", table);
	fake_reads++;
	return tables[table].now[index];
}

const uint64_t *backend_table_entries(unsigned table)
{
	return memory_table(table)->now;
}

uint64_t backend_table_address(unsigned table)
{
	return table >= TABLE_LINEAR || memory_table(table) ?
	       TABLE_MACHINE + (uint64_t)table * BACKEND_PAGE : 0;
}

unsigned fake_memory_next(uint64_t entry)
{
	uint64_t at = (entry & PTE_ADDRESS) - TABLE_MACHINE;

	return at / BACKEND_PAGE < TABLE_LINEAR + frames / 512 + 1 ? at / BACKEND_PAGE : 0;
}

unsigned backend_table_of(uint64_t entry)
{
	unsigned table = fake_memory_next(entry);

	return (entry & PTE_P) && table < TABLE_LINEAR ? table : 0;
}

void fake_memory_apply(void)
{
	for (unsigned i = 0; i < queued; i++)
		memory_drop(&tables[queue[i].table], queue[i].index);
	for (unsigned i = 0; i < cleans; i++)
		linear_seen[cleaned_linear[i]] = linear[cleaned_linear[i]];
	queued = cleans = 0;
}

int backend_table_set_page(unsigned table, unsigned index, uint64_t va, uint64_t entry, int flush)
{
	backend_table_set(table, index, entry);
	fake_memory_apply();
	if (flush)
		fake_tlb_flush_page(va);
	return 0;
}

void backend_table_commit(int flush)
{
	fake_memory_apply();
	fake_memory_notice();
	fake_flushes += !!(flush & BACKEND_FLUSH_ALL);
	if (flush & BACKEND_FLUSH_ALL)
		fake_tlb_flush_all();
	else if (flush)
		fake_tlb_flush();
}

unsigned backend_table_linear(uint64_t gfn)
{
	return gfn + 512 <= frames ? TABLE_LINEAR + gfn / 512 : 0;
}

/* The copy tells whether the wedge, which has no such tables here, writes to it. */
void backend_frame_clean(uint64_t gfn)
{
	linear[gfn] &= ~PTE_D;
	if (cleaned_count == CLEANED || cleans == QUEUE)
		memory_fail("too many clean frames", gfn);
	cleaned_linear[cleans++] = gfn;
	cleaned[cleaned_count].gfn = gfn;
	if (!cleaned[cleaned_count].copy)
		cleaned[cleaned_count].copy = memory_take(BACKEND_PAGE);
	memcpy(cleaned[cleaned_count++].copy, backend_guest(gfn * BACKEND_PAGE), BACKEND_PAGE);
}

void fake_memory_notice(void)
{
	unsigned used = 0;

	for (unsigned i = 0; i < cleaned_count; i++) {
		uint32_t gfn = cleaned[i].gfn;
		uint8_t *copy = cleaned[i].copy;

		if (memcmp(copy, backend_guest((uint64_t)gfn * BACKEND_PAGE), BACKEND_PAGE)) {
			linear[gfn] |= PTE_D;
			linear_seen[gfn] |= PTE_D;
		}
		if (linear[gfn] & PTE_D)
			continue;
		cleaned[i].copy = cleaned[used].copy;
		cleaned[used].copy = copy;
		cleaned[used++].gfn = gfn;
	}
	cleaned_count = used;
}

uint64_t *fake_memory_entry(unsigned table, unsigned index)
{
	return table >= TABLE_LINEAR ? &linear_seen[(table - TABLE_LINEAR) * 512 + index]
				     : &memory_table(table)->seen[index];
}

void fake_memory_mark(unsigned table, unsigned index, uint64_t bits)
{
	*fake_memory_entry(table, index) |= bits;
	if (table >= TABLE_LINEAR)
		linear[(table - TABLE_LINEAR) * 512 + index] |= bits;
	else if ((tables[table].now[index] & PTE_P) &&
		 !((tables[table].now[index] ^ tables[table].seen[index]) & PTE_ADDRESS))
		tables[table].now[index] |= bits;
}

uint64_t backend_gfn(uint64_t entry)
{
	uint64_t gfn = ((entry & PTE_ADDRESS) - MACHINE) / BACKEND_PAGE;

	return gfn < frames ? gfn : BACKEND_NO_FRAME;
}

unsigned backend_root(int user)
{
	return user ? TABLE_USER_ROOT : TABLE_ROOT;
}

int backend_roots_alloc(unsigned *kernel, unsigned *user)
{
	*kernel = backend_table_alloc(4);
	*user = backend_table_alloc(4);
	if (!*kernel || !*user) {
		if (*kernel)
			backend_table_free(*kernel);
		return -1;
	}
	for (unsigned i = BACKEND_UPPER_FIRST; i < BACKEND_UPPER_END; i++)
		if (tables[TABLE_ROOT].now[i] & PTE_P)
			backend_table_set(*kernel, i, tables[TABLE_ROOT].now[i]);
	return 0;
}

void backend_load_roots(unsigned kernel, unsigned user)
{
	fake_memory_apply();
	fake_memory_notice();
	fake_roots[backend_vcpu][0] = kernel;
	fake_roots[backend_vcpu][1] = user;
	fake_tlb_flush();
}

/* The wedge lives in none of the guest's tables here. */
unsigned backend_fixed_table(uint64_t va, int level)
{
	(void)va;
	(void)level;
	return 0;
}

int backend_va_reserved(uint64_t va)
{
	return va >> 39 == 0xfffffe0000000000ull >> 39;
}
