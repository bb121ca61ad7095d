/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * Local descriptor tables of stubs, and selectors in and out. A host that is a guest itself may
 * take a table and never load it: then a selector of it is one that cannot be loaded.
 */
#define _GNU_SOURCE
#include "toy.h"
#include "../../runtime-stubs/stub/channel.h"
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define SELECTOR(n) ((uint16_t)((n) << 3 | 7))
/* Limit 0xfffff pages, DPL 3, present, accessed. SDM volume 3, 3.4.5. */
#define DATA(base) (0x00cff3000000ffffull | (uint64_t)(base) << 16)
#define CODE32 0x00cffb000000ffffull
#define CODE64 0x00affb000000ffffull
#define CONFORMING 0x00cfff000000ffffull
#define ABSENT 0x00cf73000000ffffull
#define DATA16 0x0000f3000000ffffull

static void test_refused(void)
{
	static const struct { const char *what; uint64_t d; } refused[] = {
		{ "a call gate", 0x0000ec0000080000ull }, { "an interrupt gate", 0x0000ee0000080000ull },
		{ "a TSS", 0x0000e90000000067ull }, { "a table", 0x0000e20000000067ull },
		{ "data of privilege 0", 0x00cf93000000ffffull },
		{ "data of privilege 2", 0x00cfd3000000ffffull },
		{ "code of privilege 0", 0x00cf9b000000ffffull },
		{ "conforming code", CONFORMING }, { "64-bit code", CODE64 },
	};
	uint64_t sequence = toy.sequence;

	for (unsigned i = 0; i < sizeof(refused) / sizeof(refused[0]); i++)
		expect_equal(refused[i].what, stub_ldt_set(&toy, 1, refused[i].d), -22);
	expect_equal("a number too large", stub_ldt_set(&toy, STUB_LDT, DATA(0)), -22);
	expect_equal("and the stub is not asked", toy.sequence, sequence);
}

/* The host's own answer: modify_ldt(2), function 0. */
static void test_set(void)
{
	static struct stub_ldt has, wanted = { 1, 6, {
		0, DATA(0x123456), CODE32, ABSENT, DATA16, CONFORMING & ~(1ull << 47),
	} };
	struct channel_call read = { SYS_modify_ldt, { 0, STUB_REGION + 0x8000, 6 * 8 } };
	uint64_t *got = frame_at(&toy, read.argument[1]);

	expect_equal("five descriptors", stub_ldt_load(&toy, &has, &wanted), 5);
	call_make(&toy, &read);
	/* Some hosts have no segments of 16 bits. */
	expect("the host has them", !got[0] && got[1] == wanted.descriptor[1] && got[2] == CODE32 &&
	       got[3] == ABSENT && (!got[4] || got[4] == DATA16) && got[5] == wanted.descriptor[5]);
	expect_equal("again", stub_ldt_load(&toy, &has, &wanted), 0);
	wanted.version++;
	wanted.count = 2;
	expect_equal("fewer", stub_ldt_load(&toy, &has, &wanted), 4);
	call_make(&toy, &read);
	expect("the host has those", got[1] == wanted.descriptor[1] && !(got[2] | got[3] | got[4] | got[5]));
	wanted.version++;
	wanted.count = 0;
	expect_equal("none", stub_ldt_load(&toy, &has, &wanted), 1);
}

static void test_selector(void)
{
	static const struct stub_ldt ldt = { 1, 5, { 0, DATA(0), CODE32, ABSENT, 0x00cff1000000ffffull } };

	expect_equal("data", stub_ldt_selector(&ldt, SEG_DS, SELECTOR(1)), SELECTOR(1));
	expect_equal("its stack", stub_ldt_selector(&ldt, SEG_SS, SELECTOR(1)), SELECTOR(1));
	expect_equal("data as code", stub_ldt_selector(&ldt, SEG_CS, SELECTOR(1)), 0);
	expect_equal("code", stub_ldt_selector(&ldt, SEG_CS, SELECTOR(2)), SELECTOR(2));
	expect_equal("code of privilege 0", stub_ldt_selector(&ldt, SEG_CS, SELECTOR(2) & ~3), 0);
	expect_equal("code as stack", stub_ldt_selector(&ldt, SEG_SS, SELECTOR(2)), 0);
	expect_equal("what is absent", stub_ldt_selector(&ldt, SEG_FS, SELECTOR(3)), 0);
	expect_equal("a stack to read", stub_ldt_selector(&ldt, SEG_SS, SELECTOR(4)), 0);
	expect_equal("none", stub_ldt_selector(&ldt, SEG_DS, SELECTOR(0)), 0);
}

/* It goes on with none; no stub ends. */
static void test_unloadable(void)
{
	static const uint8_t which[] = { SEG_DS, SEG_ES, SEG_FS, SEG_GS };

	for (unsigned i = 0; i < sizeof(which); i++) {
		TOY_PIECE(breakpoint);
		toy.r[RBX] = 4711 + i;
		toy.seg[which[i]] = SELECTOR(7);
		expect_equal("what cannot be loaded", toy_run(), EXCEPTION(VECTOR_BP));
		expect_equal("is null", toy.seg[which[i]], 0);
		expect_equal("and nothing else is changed", toy.r[RBX], 4711 + i);
	}
	TOY_PIECE(breakpoint);
	toy.seg[SEG_CS] = SELECTOR(7);
	expect_equal("such code", toy_run(), EXCEPTION(VECTOR_GP));
	expect_equal("tells of its selector", toy.error, SELECTOR(7) & ~3);
	TOY_PIECE(breakpoint);
	toy.seg[SEG_CS] = HOST_CS;
	toy.seg[SEG_SS] = SELECTOR(7);
	expect_equal("such a stack of 64-bit code", toy_run(), EXCEPTION(VECTOR_BP));
	expect_equal("is flat", toy.seg[SEG_SS], HOST_SS);
	for (unsigned i = 0; i < 2; i++) {
		TOY_PIECE(breakpoint);
		toy.seg[i ? SEG_DS : SEG_ES] = HOST_SS;
		expect_equal("flat data", toy_run(), EXCEPTION(VECTOR_BP));
		expect_equal("stays", toy.seg[i ? SEG_DS : SEG_ES], HOST_SS);
	}
	toy.seg[SEG_DS] = toy.seg[SEG_ES] = 0;
}

static int host_loads_tables(void)
{
	struct user_desc d = { .entry_number = 1, .limit = 0xfffff, .seg_32bit = 1, .limit_in_pages = 1 };
	uint8_t good = 0;
	int status;
	pid_t pid = fork();

	if (!pid) {
		if (!syscall(SYS_modify_ldt, 0x11, &d, sizeof(d)))
			__asm__ volatile("lar %1, %%eax\n\tsetz %0" : "=q"(good) : "r"(SELECTOR(1)) : "eax", "cc");
		_exit(good);
	}
	waitpid(pid, &status, 0);
	return WIFEXITED(status) && WEXITSTATUS(status);
}

static void test_loaded(void)
{
	uint64_t *data = (uint64_t *)(toy_bytes + TOY_DATA_AT), base = 1;

	expect("a table", !stub_ldt_set(&toy, 1, DATA(TOY_DATA & 0xffffff) | TOY_DATA >> 24 << 56) &&
	       !stub_ldt_set(&toy, 2, CODE32) && !stub_ldt_set(&toy, 3, DATA(0)));
	data[0] = 0x1234;
	TOY_PIECE(load_gs);
	toy.r[RAX] = SELECTOR(1);
	expect_equal("user code's load", toy_run(), EXCEPTION(VECTOR_BP));
	expect_equal("is told", toy.seg[SEG_GS], SELECTOR(1));
	expect_equal("and works", toy.r[RBX], 0x1234);
	for (unsigned i = 0; i < 2; i++) {
		TOY_PIECE(read_gs);
		toy.seg[SEG_DS] = toy.seg[SEG_ES] = SELECTOR(3);
		toy.seg[SEG_SS] = i ? SELECTOR(3) : HOST_SS;
		expect_equal("the supervisor's", toy_run(), EXCEPTION(VECTOR_BP));
		expect_equal("works, too", toy.r[RBX], 0x1234);
		expect_equal("ds", toy.seg[SEG_DS], SELECTOR(3));
		expect_equal("ss", toy.seg[SEG_SS], i ? SELECTOR(3) : HOST_SS);
	}
	toy.seg[SEG_DS] = toy.seg[SEG_ES] = 0;
	toy.seg[SEG_SS] = HOST_SS;
	expect("a base", !stub_base_set(&toy, SEG_GS, TOY_DATA + 8) && !toy.seg[SEG_GS] &&
	       !stub_base_get(&toy, SEG_GS, &base) && base == TOY_DATA + 8);
	TOY_PIECE(breakpoint);
	toy.seg[SEG_CS] = SELECTOR(2);
	expect_equal("code of the table's", toy_run(), EXCEPTION(VECTOR_BP));
	expect_equal("is told", toy.seg[SEG_CS], SELECTOR(2));
	toy.seg[SEG_CS] = HOST_CS;
	toy.seg[SEG_GS] = SELECTOR(1);
	expect("its descriptor goes", !stub_ldt_set(&toy, 1, 0));
	TOY_PIECE(breakpoint);
	expect_equal("user code goes on", toy_run(), EXCEPTION(VECTOR_BP));
	expect_equal("without it", toy.seg[SEG_GS], 0);
}

void test_local(unsigned rounds)
{
	(void)rounds;
	test_refused();
	test_set();
	test_selector();
	test_unloadable();
	if (host_loads_tables())
		test_loaded();
	else
		printf("this host loads no local table\n");
	toy_new();
	TOY_PIECE(load_gs);
	toy.r[RAX] = SELECTOR(1);
	expect_equal("a new stub has no table", toy_run(), EXCEPTION(VECTOR_GP));
	TOY_PIECE(call);
	toy.r[RAX] = SYS_modify_ldt;
	expect_equal("user code's own call is an event", toy_run(), STUB_SYSCALL);
}
