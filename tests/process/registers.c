/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/* Registers in and out, flags, bases; memory and vectors of two stubs apart. */
#include "toy.h"
#include <string.h>

#define FLAGS 0x240cd5ull		/* CF PF AF ZF SF DF OF AC ID */
#define FIXED 0x202ull

/* Some processors return from no interrupt to a stack that is not canonical. */
static void put_random(uint64_t *wanted)
{
	for (unsigned i = 0; i < 16; i++)
		wanted[i] = toy.r[i] = i == RSP ? toy_random() >> 17 : toy_random();
}

static void test_all_registers(int call)
{
	uint64_t wanted[16], flags = toy_random() & FLAGS, nested = toy_random() & FLAG_NT;
	const char *what = call ? "registers of a system call" : "registers of a breakpoint";

	if (call)
		TOY_PIECE(call);
	else
		TOY_PIECE(breakpoint);
	put_random(wanted);
	/* The host's kernel drops it at times; on the way to user code it does no harm. */
	toy.rflags = flags | nested;
	expect_equal(what, toy_run(), call ? (int)STUB_SYSCALL : EXCEPTION(VECTOR_BP));
	toy.rflags &= ~nested;
	if (call) {
		wanted[RCX] = toy.rip;
		wanted[R11] = flags | FIXED;
		toy.r[R11] &= ~nested;
	}
	expect(what, !memcmp(toy.r, wanted, sizeof(wanted)));
	expect_equal("rip", toy.rip, TOY_CODE + (call ? 2 : 1));
	expect_equal("flags", toy.rflags, flags | FIXED);
	expect_equal("cs", toy.seg[SEG_CS], 0x33);
}

/* What user code cannot have in its flags is not loaded, and does no harm. */
static void test_all_flags(void)
{
	TOY_PIECE(breakpoint);
	toy.rflags = toy_random() & ~(uint64_t)FLAG_TF;
	expect_equal("any flags", toy_run(), EXCEPTION(VECTOR_BP));
	expect("any flags", !(toy.rflags & ~(FLAGS | FIXED | FLAG_NT | FLAG_RF)));
}

static void test_bases(void)
{
	uint64_t fs = TOY_DATA + 8 * (toy_random() % 512), got;
	uint64_t gs = TOY_DATA + 0x1000 + 8 * (toy_random() % 512);

	*(uint64_t *)(toy_bytes + TOY_DATA_AT + (fs - TOY_DATA)) = 0x1234;
	*(uint64_t *)(toy_bytes + TOY_DATA_AT + (gs - TOY_DATA)) = 0x5678;
	TOY_PIECE(bases);
	expect("fs base", !stub_base_set(&toy, SEG_FS, fs) && !stub_base_set(&toy, SEG_GS, gs));
	expect_equal("bases", toy_run(), EXCEPTION(VECTOR_BP));
	expect_equal("by the fs base", toy.r[RAX], 0x1234);
	expect_equal("by the gs base", toy.r[RBX], 0x5678);
	expect("fs base, read", !stub_base_get(&toy, SEG_FS, &got) && got == fs);
	expect("gs base, read", !stub_base_get(&toy, SEG_GS, &got) && got == gs);
	expect_equal("a base of the kernel's", stub_base_set(&toy, SEG_FS, 1ull << 63), -1);
}

static void test_two_stubs(void)
{
	uint64_t *page = (uint64_t *)(toy_bytes + 0x200000);
	struct stub first = toy, second;
	uint64_t base[2] = { 1, 1 };

	page[0] = page[512] = 0;
	toy_start(&second);
	expect("the first bases", !stub_base_get(&second, SEG_FS, &base[0]) &&
	       !stub_base_get(&second, SEG_GS, &base[1]) && !(base[0] | base[1]));
	expect("a page each", !stub_map(&first, 0x20000000, 4096, STUB_WRITE, 0x200000) &&
	       !stub_map(&second, 0x20000000, 4096, STUB_WRITE, 0x201000));
	for (unsigned i = 0; i < 2; i++) {
		toy = i ? second : first;
		TOY_PIECE(store);
		toy.r[RDI] = 0x20000000;
		toy.r[RAX] = 77 + i;
		expect_equal("a store", toy_run(), EXCEPTION(VECTOR_BP));
		if (i)
			second = toy;
		else
			first = toy;
	}
	expect_equal("the first stub's page", page[0], 77);
	expect_equal("the second stub's page", page[512], 78);
	toy = first;
	TOY_PIECE(load);
	toy.r[RDI] = 0x20000000;
	expect_equal("a load", toy_run(), EXCEPTION(VECTOR_BP));
	expect_equal("what the first stub has there", toy.r[RAX], 77);
	stub_destroy(&second);
	TOY_PIECE(load);
	expect_equal("one without the other", toy_run(), EXCEPTION(VECTOR_BP));
}

void test_registers(unsigned rounds)
{
	for (unsigned i = 0; i < 2; i++) {
		uint64_t none[16] = { 0 };

		expect("the first registers", !memcmp(toy.r, none, sizeof(none)));
		toy_new();
	}
	for (unsigned i = 0; i < rounds; i++) {
		test_all_registers(i & 1);
		test_all_flags();
	}
	test_bases();
	test_two_stubs();
}
