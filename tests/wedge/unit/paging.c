/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * The walk of the guest's page tables (mmu/paging.c), compiled for PAGING_LEVELS levels, against
 * one written for each kind of paging from Intel SDM volume 3, 4.3 to 4.5: random tables,
 * addresses and accesses. The result, the error code and all of memory must be the same.
 */
#include "../../../runtime-stubs/mmu/paging.h"
#include "../../../runtime-stubs/iface/memory.h"
#include <stdio.h>
#include <string.h>

#define FRAMES 64u
#define TABLES 24u		/* frames that hold tables, at first */
#define ROUNDS 200u
#define WALKS 500u
#define W 2u
#define U 4u
#define A 0x20u
#define D 0x40u
#define PS 0x80u

uint8_t *backend_guest_memory;
uint64_t backend_low_bytes = FRAMES * 4096, backend_guest_bytes = FRAMES * 4096;
struct paging_vcpu paging_vcpu;
static uint8_t memory[FRAMES * 4096], model[FRAMES * 4096];
static uint64_t state = 1;
static unsigned failed, faults, reserved, large;

static uint32_t number(void)
{
	state = state * 6364136223846793005ull + 1442695040888963407ull;
	return state >> 33;
}

/* A walk of the model: where it is. */
struct way {
	uint64_t at[4];
	unsigned count, bytes;	/* entries that have an accessed bit; bytes of one */
	uint64_t rights, nx;
	uint32_t access, error;
	uint64_t gpa;
};

static uint64_t get(uint64_t at, unsigned bytes)
{
	uint64_t entry = 0;

	if (at < sizeof(model))
		memcpy(&entry, model + at, bytes);
	return entry;
}

/* An entry with rights. 0: it is not present. */
static uint64_t step(struct way *way, uint64_t at)
{
	uint64_t entry = get(at, way->bytes);

	way->at[way->count++] = at;
	way->rights &= entry;
	way->nx |= entry >> 63;
	return entry & 1 ? entry : 0;
}

static int fault(struct way *way, uint32_t error)
{
	way->error = way->access | error;
	return -1;
}

/* The page is found: its rights are looked at, and its bits are set. */
static int page(struct way *way, uint64_t gpa)
{
	if (((way->access & PF_W) && !(way->rights & W)) || ((way->access & PF_U) && !(way->rights & U)) ||
	    ((way->access & PF_I) && way->nx))
		return fault(way, 1);
	for (unsigned i = 0; i < way->count; i++)
		model[way->at[i]] |= i + 1 == way->count && (way->access & PF_W) ? A | D : A;
	way->gpa = gpa;
	return 0;
}

/* 4.3, with CR4.PSE and PSE-36. */
static int walk_2(struct way *way, uint64_t root, uint32_t va)
{
	uint64_t entry = step(way, root + (va >> 22) * 4);

	if (!entry)
		return fault(way, 0);
	if (entry & PS) {
		if (entry & 0x200000)
			return fault(way, 1 | 8);
		return page(way, (entry & 0xffc00000) | (entry >> 13 & 0xff) << 32 | (va & 0x3fffff));
	}
	entry = step(way, (entry & 0xfffff000) + (va >> 12 & 0x3ff) * 4);
	return entry ? page(way, (entry & 0xfffff000) | (va & 0xfff)) : fault(way, 0);
}

#define ADDRESS 0xffffffffff000ull
#define ADDRESS_2M 0xfffffffe00000ull
#define ADDRESS_1G 0xfffffc0000000ull

/* From a directory on: 4.4 and 4.5 alike. */
static int walk_directory(struct way *way, uint64_t table, uint64_t va)
{
	uint64_t entry = step(way, table + (va >> 21 & 511) * 8);

	if (!entry)
		return fault(way, 0);
	if (entry & PS)
		return page(way, (entry & ADDRESS_2M) | (va & 0x1fffff));
	entry = step(way, (entry & ADDRESS) + (va >> 12 & 511) * 8);
	return entry ? page(way, (entry & ADDRESS) | (va & 0xfff)) : fault(way, 0);
}

/* 4.4: the four entries of the first table have no rights and no accessed bit. */
static int walk_3(struct way *way, uint64_t root, uint32_t va)
{
	uint64_t entry = get(root + (va >> 30) * 8, 8);

	if (!(entry & 1))
		return fault(way, 0);
	if (entry & (6 | 0x1e0 | 0xfffull << 52))
		return fault(way, 1 | 8);
	return walk_directory(way, entry & ADDRESS, va);
}

static int walk_4(struct way *way, uint64_t root, uint64_t va)
{
	uint64_t entry;

	if (va >> 47 && va >> 47 != 0x1ffff)
		return fault(way, 0);
	entry = step(way, root + (va >> 39 & 511) * 8);
	if (!entry)
		return fault(way, 0);
	if (entry & PS)
		return fault(way, 1 | 8);
	entry = step(way, (entry & ADDRESS) + (va >> 30 & 511) * 8);
	if (!entry)
		return fault(way, 0);
	if (entry & PS)
		return page(way, (entry & ADDRESS_1G) | (va & 0x3fffffff));
	return walk_directory(way, entry & ADDRESS, va);
}

/* Mostly an entry that leads on, with rights. */
static uint64_t random_entry(void)
{
	uint64_t entry = (uint64_t)(number() % (number() % 4 ? TABLES : FRAMES + 2)) << 12;

	entry |= (number() % 16 ? 1 : 0) | (number() % 6 ? W : 0) | (number() % 6 ? U : 0) |
		 (number() % 64 & (A | D)) | (number() % 5 ? 0 : PS);
	if (!(number() % 8))
		entry |= number() % 2 ? (uint64_t)(number() & 0x1ff) << 13 : 1ull << (52 + number() % 12);
	return entry;
}

/* In level 3 of PAE most of the bits would be reserved. */
static uint64_t random_first(void)
{
	uint64_t entry = random_entry();

	return number() % 8 ? entry & (ADDRESS | 1) : entry;
}

static void random_tables(uint64_t root)
{
	unsigned bytes = PAGING_LEVELS == 2 ? 4 : 8;

	for (unsigned at = 0; at < TABLES * 4096; at += bytes) {
		uint64_t entry = random_entry();

		memcpy(memory + at, &entry, bytes);
	}
	for (unsigned i = 0; PAGING_LEVELS == 3 && i < 4; i++) {
		uint64_t entry = random_first();

		memcpy(memory + root + i * 8, &entry, 8);
	}
}

static uint64_t random_address(void)
{
	uint64_t va = (uint64_t)number() << 31 ^ number();

	if (PAGING_LEVELS < 4)
		return number() % 64 ? va & 0xffffffff : va;
	return number() % 64 ? (uint64_t)((int64_t)(va << 16) >> 16) : va;
}

static void one(uint64_t root, uint64_t va, uint32_t access)
{
	struct way way = { .bytes = PAGING_LEVELS == 2 ? 4 : 8, .rights = W | U, .access = access };
	struct mmu_walk walk;
	uint32_t error = 0;
	int wanted, got;

	memcpy(model, memory, sizeof(memory));
	if (PAGING_LEVELS < 4 && va >> 32)
		wanted = fault(&way, 0);
	else
		wanted = PAGING_LEVELS == 2 ? walk_2(&way, root, va) :
			 PAGING_LEVELS == 3 ? walk_3(&way, root, va) : walk_4(&way, root, va);
	got = mmu_translate(va, access, &walk, &error);
	if (got != wanted || (got ? error != way.error : walk.gpa != way.gpa) || memcmp(memory, model, sizeof(memory))) {
		if (failed++ < 5)
			printf("BAD %d levels, %lx, access %x: %d %lx error %x, not %d %lx %x\n", PAGING_LEVELS,
			       va, access, got, walk.gpa, error, wanted, way.gpa, way.error);
		memcpy(memory, model, sizeof(memory));
	}
	faults += !!wanted;
	reserved += wanted && (way.error & 8);
	large += !wanted && walk.level > 1;
}

int main(void)
{
	static const uint32_t accesses[] = { 0, PF_W, PF_U, PF_U | PF_W, PF_I, PF_U | PF_I };

	backend_guest_memory = memory;
	for (unsigned round = 0; round < ROUNDS; round++) {
		uint64_t root = number() % TABLES * 4096 + (PAGING_LEVELS == 3 ? number() % 128 * 32 : 0);

		random_tables(root);
		paging_vcpu.root = root;
		for (unsigned i = 0; i < WALKS; i++)
			one(root, random_address(), accesses[number() % 6]);
	}
	/* Of each kind there must have been many, or nothing was tried. */
	if (faults < 10000 || reserved < 500 || large < 500 || ROUNDS * WALKS - faults < 10000) {
		printf("BAD %u faults, %u reserved, %u large\n", faults, reserved, large);
		failed++;
	}
	printf("paging, %d levels: %u walks, %u of them to pages, %u wrong\n", PAGING_LEVELS, ROUNDS * WALKS,
	       ROUNDS * WALKS - faults, failed);
	return !!failed;
}
