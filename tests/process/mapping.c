/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/* Memory comes and goes as the supervisor says, and faults say what is missing. */
#include "toy.h"

#define VA 0x7ffe00000000ull
#define AT 0x200000ull

enum { ABSENT = 4, ABSENT_WRITE = 6, PRESENT = 5, PRESENT_WRITE = 7, FETCH = 0x10 };

static void expect_fault(const char *what, uint64_t address, uint32_t error)
{
	expect_equal(what, toy_run(), EXCEPTION(VECTOR_PF));
	expect_equal("its address", toy.address, address);
	expect_equal("its error", toy.error & 0x1f, error);
	expect_equal("its rip", toy.rip, TOY_CODE);
}

static void test_rights(uint64_t va)
{
	toy.r[RDI] = va + 0x123;
	TOY_PIECE(load);
	expect_fault("nothing there", va + 0x123, ABSENT);
	expect_equal("map", stub_map(&toy, va, 4096, STUB_READ, AT), 0);
	expect_equal("go on", toy_run(), EXCEPTION(VECTOR_BP));
	expect_equal("what is there", toy.r[RAX], *(uint64_t *)(toy_bytes + AT + 0x123));
	TOY_PIECE(store);
	toy.r[RAX] = va;
	expect_fault("not to be written", va + 0x123, PRESENT_WRITE);
	expect_equal("protect", stub_protect(&toy, va, 4096, STUB_READ | STUB_WRITE), 0);
	expect_equal("go on", toy_run(), EXCEPTION(VECTOR_BP));
	expect_equal("what was written", *(uint64_t *)(toy_bytes + AT + 0x123), va);
	expect_equal("protect", stub_protect(&toy, va, 4096, 0), 0);
	TOY_PIECE(load);
	expect_fault("not to be read", va + 0x123, ABSENT);
	expect_equal("unmap", stub_unmap(&toy, va, 4096), 0);
	TOY_PIECE(store);
	expect_fault("gone", va + 0x123, ABSENT_WRITE);
}

static void test_execution(void)
{
	expect_equal("map", stub_map(&toy, VA, 4096, STUB_READ, 0), 0);
	TOY_PIECE(breakpoint);
	toy.rip = VA;
	expect_equal("data", toy_run(), EXCEPTION(VECTOR_PF));
	expect_equal("its error", toy.error & 0x1f, FETCH | PRESENT);
	expect_equal("protect", stub_protect(&toy, VA, 4096, STUB_READ | STUB_EXECUTE), 0);
	expect_equal("code", toy_run(), EXCEPTION(VECTOR_BP));
}

/* A second mapping takes the place of the first. */
static void test_again(void)
{
	*(uint64_t *)(toy_bytes + AT) = 1;
	*(uint64_t *)(toy_bytes + AT + 4096) = 2;
	toy.r[RDI] = 0x20000000;
	for (uint64_t i = 0; i < 2; i++) {
		expect_equal("map", stub_map(&toy, 0x20000000, 4096, STUB_READ, AT + 4096 * i), 0);
		TOY_PIECE(load);
		expect_equal("load", toy_run(), EXCEPTION(VECTOR_BP));
		expect_equal("of this page", toy.r[RAX], 1 + i);
	}
}

/* One that is made on the way to user code: once, before anything else, and what the host
   says to it. */
static void test_next(void)
{
	*(uint64_t *)(toy_bytes + AT) = 1;
	*(uint64_t *)(toy_bytes + AT + 4096) = 2;
	toy.r[RDI] = VA;
	TOY_PIECE(load);
	expect_equal("unmap", stub_unmap(&toy, VA, 4096), 0);
	expect_equal("map next", stub_map_next(&toy, VA, 4096, STUB_READ, AT), 0);
	expect_equal("load", toy_run(), EXCEPTION(VECTOR_BP));
	expect_equal("what is there", toy.r[RAX], 1);
	TOY_PIECE(load);
	expect_equal("map next", stub_map_next(&toy, VA, 4096, STUB_READ, AT), 0);
	expect_equal("and once more", stub_map_next(&toy, VA, 4096, STUB_READ, AT + 4096), 0);
	expect_equal("load", toy_run(), EXCEPTION(VECTOR_BP));
	expect_equal("of the last", toy.r[RAX], 2);
	TOY_PIECE(load);
	expect_equal("map next", stub_map_next(&toy, VA, 4096, STUB_READ, AT), 0);
	expect_equal("and unmap", stub_unmap(&toy, VA, 4096), 0);
	expect_fault("gone", VA, ABSENT);
	expect_equal("no page of the file", stub_map_next(&toy, VA, 4096, STUB_READ, AT + 1), 0);
	expect_equal("refused", toy_run(), STUB_REFUSED);
	expect_fault("still gone", VA, ABSENT);
	expect_equal("no range", stub_map_next(&toy, STUB_CODE, 4096, STUB_READ, AT), -22);
}

static void test_no_range(void)
{
	static const uint64_t ranges[][2] = {
		{ STUB_CODE, 4096 }, { STUB_CODE - 4096, 8192 }, { STUB_REGION, 4096 },
		{ 0x20000000, 0 }, { 0x20000000, 100 }, { 0x20000001, 4096 },
		{ -4096ull, 4096 }, { -4096ull, 8192 }, { 4096, -4096ull }, { 1ull << 62, 4096 },
	};

	for (unsigned i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++) {
		uint64_t va = ranges[i][0], size = ranges[i][1];

		expect_equal("no range to map", stub_map(&toy, va, size, STUB_READ, 0), -22);
		expect_equal("no range to unmap", stub_unmap(&toy, va, size), -22);
		expect_equal("no range to protect", stub_protect(&toy, va, size, 7), -22);
	}
	TOY_PIECE(breakpoint);
	expect_equal("nothing has changed", toy_run(), EXCEPTION(VECTOR_BP));
}

void test_mapping(unsigned rounds)
{
	test_rights(0x20000000);
	test_rights(VA);
	test_rights(STUB_CODE - 4096);
	test_execution();
	test_again();
	test_next();
	test_no_range();
	for (unsigned i = 0; i < rounds / 100; i++)
		test_rights(0x20000000 + 4096 * (toy_random() % (1u << 30)));
}
