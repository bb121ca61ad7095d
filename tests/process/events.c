/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/* Exceptions, and each gate by which user code could reach the host's kernel. */
#include "toy.h"
#include <stdio.h>

#define VSYSCALL 0xffffffffff600000ull

static void test_exceptions(void)
{
	TOY_PIECE(ud2);
	expect_equal("ud2", toy_run(), EXCEPTION(VECTOR_UD));
	expect_equal("its rip", toy.rip, TOY_CODE);
	TOY_PIECE(divide);
	toy.r[RAX] = 1;
	expect_equal("divide", toy_run(), EXCEPTION(VECTOR_DE));
	expect_equal("its rip", toy.rip, TOY_CODE + 2);
	TOY_PIECE(privileged);
	expect_equal("cli", toy_run(), EXCEPTION(VECTOR_GP));
	expect_equal("its error", toy.error, 0);
	expect_equal("its rip", toy.rip, TOY_CODE);
	TOY_PIECE(load);
	toy.r[RDI] = 1ull << 62;
	expect_equal("no canonical address", toy_run(), EXCEPTION(VECTOR_GP));
}

static void test_single_step(void)
{
	TOY_PIECE(nops);
	toy.rflags = FLAG_TF;
	for (unsigned i = 1; i <= 3; i++) {
		expect_equal("a step", toy_run(), EXCEPTION(VECTOR_DB));
		expect_equal("its rip", toy.rip, TOY_CODE + i);
		expect("its flag", toy.rflags & FLAG_TF);
	}
	TOY_PIECE(call);
	toy.r[RAX] = 39;
	toy.rflags = FLAG_TF;
	expect_equal("a system call at a step", toy_run(), STUB_SYSCALL);
	expect_equal("goes on by one", toy_run(), EXCEPTION(VECTOR_BP));
}

/* No way back to such an address: user code is where it was put. */
static void test_nowhere(void)
{
	TOY_PIECE(nops);
	toy.rip = 1ull << 60;
	toy.r[RBP] = 0x77;
	toy.r[RSP] = 0x88;
	expect_equal("rip not canonical", toy_run(), EXCEPTION(VECTOR_GP));
	expect_equal("rip", toy.rip, 1ull << 60);
	expect("registers", toy.r[RBP] == 0x77 && toy.r[RSP] == 0x88);
	TOY_PIECE(breakpoint);
	expect_equal("and a better one", toy_run(), EXCEPTION(VECTOR_BP));
	expect_equal("register", toy.r[RBP], 0x77);
}

/* Where the host's kernel has 32-bit programs, the number arrives; else a fault. */
static void test_int80(void)
{
	int event;

	TOY_PIECE(int80);
	toy.r[RAX] = 20;
	event = toy_run();
	if (event == STUB_SYSCALL32) {
		expect_equal("its rip", toy.rip, TOY_CODE + 2);
		expect_equal("its number", toy.r[RAX], 20);
		return;
	}
	expect_equal("int 0x80", event, EXCEPTION(VECTOR_GP));
	expect_equal("its error", toy.error, 0x80 * 8 + 2);
	printf("int 0x80 is a fault on this host\n");
}

/* Far return to 32-bit code: runs, or a fault with the selector. */
static void test_32bit_code(void)
{
	int event;

	TOY_PIECE(breakpoint);
	toy.seg[SEG_CS] = 0x23;
	event = toy_run();
	if (event == (int)EXCEPTION(VECTOR_BP)) {
		expect_equal("cs", toy.seg[SEG_CS], 0x23);
	} else {
		expect_equal("cs of 32-bit code", event, EXCEPTION(VECTOR_GP));
		expect_equal("its error", toy.error, 0x20);
		printf("32-bit code is a fault on this host\n");
	}
	toy.seg[SEG_CS] = 0x33;
}

static void test_gates(void)
{
	int event;

	TOY_PIECE(sysenter);
	event = toy_run();
	expect("sysenter", event == STUB_SYSCALL32 || event == (int)EXCEPTION(VECTOR_UD) ||
	       event == (int)EXCEPTION(VECTOR_GP));
	toy_new();
	TOY_PIECE(jump);
	toy.r[RAX] = VSYSCALL;
	toy.r[RSP] = TOY_DATA + 0x1000;
	toy.r[RDI] = TOY_DATA;
	expect_equal("vsyscall", toy_run(), EXCEPTION(VECTOR_PF));
	expect_equal("its address", toy.address, VSYSCALL);
	expect_equal("its rip", toy.rip, VSYSCALL);
	expect_equal("its stack", toy.r[RSP], TOY_DATA + 0x1000);
	expect("it is a fetch", toy.error & 0x10);
}

static void test_numbers(void)
{
	static const uint64_t numbers[] = { 0, 15, 59, 231, 333, 334, 335, 0x40000027, ~0ull,
					    1ull << 32 | 39, STUB_NOTIFY };

	for (unsigned i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		TOY_PIECE(call);
		toy.r[RAX] = numbers[i];
		expect_equal("a number", toy_run(), STUB_SYSCALL);
		expect_equal("is that", toy.r[RAX], numbers[i]);
		toy.r[RAX] = 4711;
		expect_equal("goes on", toy_run(), EXCEPTION(VECTOR_BP));
		expect_equal("with a result", toy.r[RAX], 4711);
	}
}

void test_events(unsigned rounds)
{
	(void)rounds;
	test_exceptions();
	test_single_step();
	test_nowhere();
	test_int80();
	test_32bit_code();
	test_gates();
	test_numbers();
}
