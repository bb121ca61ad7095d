/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * The shadow of the lower half with two processors (mmu/shadow/flushes.c): what one writes
 * to a table of the guest's while its TLB still has the dirty bit set is seen by the
 * other once the first has flushed; what nobody writes to is compared no more; processes
 * that run in turn keep their tables.
 */
#include "../../../runtime-stubs/backend/backend.h"
#include "../../../runtime-stubs/board/board.h"
#include "../../../runtime-stubs/mmu/mmu.h"
#include "../../../runtime-stubs/mmu/shadow/lower.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FRAMES 2048u			/* of guest memory */
#define TABLES 1024u
#define LINK (PTE_P | PTE_W | PTE_U | PTE_A | PTE_D)
#include "hypervisor.h"

static unsigned taken = 3, flushes_of_all, failures, checks;

/* The rest of the hypervisor. */
unsigned backend_table_alloc(int level) { (void)level; return taken < TABLES ? taken++ : 0; }
unsigned backend_tables_left(void) { return TABLES - taken; }
void backend_table_free(unsigned table) { memset(tables[table], 0, sizeof(tables[table])); }
void backend_table_set(unsigned table, unsigned index, uint64_t entry) { tables[table][index] = entry; }
void backend_table_commit(int flush) { flushes_of_all += !!(flush & BACKEND_FLUSH_ALL); }
unsigned backend_table_linear(uint64_t gfn) { (void)gfn; return 0; }
int backend_roots_alloc(unsigned *kernel, unsigned *user)
{
	*kernel = taken++;
	*user = taken++;
	return 0;
}

/* What each processor has for itself. */
static struct { unsigned now; uint64_t root; uint8_t lesser, any; } own[2];

static void on(unsigned vcpu)
{
	own[backend_vcpu] = (typeof(own[0])){ spaces_vcpu.now, spaces_vcpu.root, spaces_vcpu.on_lesser,
					    spaces_vcpu.has_space };
	backend_vcpu = vcpu;
	spaces_vcpu.now = own[vcpu].now;
	spaces_vcpu.root = own[vcpu].root;
	spaces_vcpu.on_lesser = own[vcpu].lesser;
	spaces_vcpu.has_space = own[vcpu].any;
}

static void expect(const char *what, int ok)
{
	checks++;
	if (!ok && failures++ < 10)
		printf("BAD %s\n", what);
}

/* The guest: processes, each with a page of its own at VA. */
#define PROCESSES 6u
#define VA 0x200000ull
#define ROOT(p) (0x10000u + (p) * 0x8000u)
#define TABLE(p, level) (ROOT(p) + (4 - (level)) * 0x1000u)
#define PAGE_OF(p) (ROOT(p) + 0x4000u)
#define OTHER_PAGE(p) (ROOT(p) + 0x5000u)

static uint64_t *guest(uint64_t at) { return (uint64_t *)(memory + at); }

/* A store of the guest's; @stale: its TLB has the dirty bit set already. */
static void store(uint64_t at, uint64_t value, int stale)
{
	*guest(at) = value;
	if (!stale)
		linear[at >> 12] |= PTE_D;
}

static void make(unsigned p)
{
	store(ROOT(p), TABLE(p, 3) | LINK, 0);
	store(TABLE(p, 3), TABLE(p, 2) | LINK, 0);
	store(TABLE(p, 2) + 8, TABLE(p, 1) | LINK, 0);
	store(TABLE(p, 1), PAGE_OF(p) | LINK, 0);
}

/* Where the shadow that runs leads at VA; 0: nowhere. */
static uint64_t mapped(void)
{
	unsigned table = lower_running()->kernel;

	for (int level = 4; table && level > 1; level--)
		table = backend_table_of(tables[table][shadow_index(VA, level)]);
	return table && (tables[table][0] & PTE_P) ? (tables[table][0] & PTE_ADDRESS) - MACHINE : 0;
}

static void run(unsigned vcpu, unsigned p)
{
	on(vcpu);
	mmu_set_root(ROOT(p), 1);
}

static void touch(void)
{
	uint32_t error;

	expect("a fault is filled", !mmu_fault(VA, PF_U | PF_W, &error));
}

/* One processor's store, with a TLB that has not forgotten yet, and the other's load. */
static void stale_store(void)
{
	run(0, 0);
	touch();
	expect("a page", mapped() == PAGE_OF(0));
	run(0, 1);
	run(0, 0);		/* compared, and watched; processor 1 has flushed nothing since */
	store(TABLE(0, 1), OTHER_PAGE(0) | LINK, 1);
	run(1, 2);		/* flushes: all that it writes from now on is seen */
	run(0, 1);
	run(0, 0);
	expect("a store through a stale TLB is seen", mapped() == OTHER_PAGE(0));
}

/* Once all have flushed nothing is compared, and a store with its dirty bit is seen. */
static void settled(void)
{
	for (int i = 0; i < 3; i++) {
		run(1, 2 + i % 2);
		run(0, 1);
		run(0, 0);
	}
	store(TABLE(0, 1), PAGE_OF(0) | LINK, 1);	/* as no processor does */
	run(0, 1);
	run(0, 0);
	expect("what was not written to is not compared", mapped() == OTHER_PAGE(0));
	linear[TABLE(0, 1) >> 12] |= PTE_D;
	run(0, 1);
	run(0, 0);
	expect("what was written to is", mapped() == PAGE_OF(0));
}

/* A processor that halts holds up nobody; it forgets all before it goes on. */
static void halted(void)
{
	on(1);
	mmu_halts();
	for (int i = 0; i < 3; i++) {
		run(0, 1);
		run(0, 0);
	}
	store(TABLE(0, 1), OTHER_PAGE(0) | LINK, 1);
	run(0, 1);
	run(0, 0);
	expect("not compared while the other halts", mapped() == PAGE_OF(0));
	on(1);
	mmu_goes_on();
	store(TABLE(0, 1), OTHER_PAGE(0) | LINK, 0);
	run(0, 1);
	run(0, 0);
	expect("compared when it has gone on", mapped() == OTHER_PAGE(0));
}

/* Nobody's tables are taken while there are enough. */
static void in_turn(void)
{
	for (unsigned p = 0; p < PROCESSES; p++) {
		run(0, p);
		touch();
	}
	for (unsigned p = 0; p < PROCESSES; p++) {
		run(0, p);
		expect("each has its tables still", mapped() != 0);
	}
}

int main(void)
{
	for (unsigned i = 0; i < FRAMES; i++) {
		numbers[i] = MACHINE / 4096 + i;
		linear[i] = numbers[i] * 4096 | LINK;
	}
	for (unsigned p = 0; p < PROCESSES; p++)
		make(p);
	mmu_user_seen();
	run(0, 0);
	run(1, 2);
	stale_store();
	settled();
	halted();
	in_turn();
	printf("lower: %u checks, %u failed\n", checks, failures);
	return failures || checks < 15;
}
