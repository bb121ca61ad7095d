/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * FPU and vector registers, all that this processor has: as after reset at first, kept
 * over events, read and written by the supervisor.
 *
 * LIMIT: without the processor's tile registers, protection keys and bound registers.
 */
#include "toy.h"
#include <cpuid.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

enum { X87 = 0, SSE = 1, PARTS = 8, MXCSR = 24, MXCSR_MASK = 28, XSTATE_BV = 512 };

static uint8_t wanted[0x8000] __attribute__((aligned(64)));
static uint64_t parts;		/* bit by number */
static uint32_t area_size;
static struct { uint32_t at, size; } part[PARTS];

static void look(void)
{
	uint32_t a, b, c, d;

	__asm__("xgetbv" : "=a"(a), "=d"(d) : "c"(0));
	parts = a & (1u << X87 | 1u << SSE | 1u << 2 | 7u << 5);
	__cpuid_count(0xd, 0, a, area_size, c, d);
	for (unsigned i = 2; i < PARTS; i++)
		if (parts >> i & 1)
			__cpuid_count(0xd, i, part[i].size, part[i].at, c, d);
	part[SSE].at = 160;
	part[SSE].size = 256;
	part[X87].at = 32;
	part[X87].size = 128;
	(void)b;
}

/* Any values, as XSAVE would store them. */
static void fill(uint8_t *area)
{
	memset(area, 0, sizeof(wanted));
	*(uint16_t *)area = 0x27f;
	area[4] = 0xff;			/* no register of the x87 is empty */
	*(uint32_t *)(area + MXCSR) = 0x1fa0;
	*(uint64_t *)(area + XSTATE_BV) = parts;
	for (unsigned i = 0; i < PARTS; i++)
		for (uint32_t n = 0; parts >> i & 1 && n < part[i].size; n++)
			if (i != X87 || n % 16 < 10)
				area[part[i].at + n] = toy_random();
}

static int is_same(const uint8_t *a, const uint8_t *b, const char *what)
{
	for (unsigned i = 0; i < PARTS; i++)
		if (parts >> i & 1 && memcmp(a + part[i].at, b + part[i].at, part[i].size)) {
			printf("    %s: part %u is another\n", what, i);
			return 0;
		}
	return *(uint16_t *)a == *(uint16_t *)b &&
	       *(uint32_t *)(a + MXCSR) == *(uint32_t *)(b + MXCSR);
}

/* User code loads one state, calls, and stores the state that it has then. */
static void test_kept(int change)
{
	uint8_t *from = toy_bytes + TOY_DATA_AT, *to = from + 0x8000, *seen;
	size_t size;

	fill(wanted);
	memcpy(from, wanted, area_size);
	memset(to, 0xee, area_size);
	memset(to, 0, XSTATE_BV + 64);	/* header; not each processor writes what is reserved */
	TOY_PIECE(swap_vectors);
	toy.r[RSI] = TOY_DATA;
	toy.r[RDI] = TOY_DATA + 0x8000;
	expect_equal("with vectors", toy_run(), STUB_SYSCALL);
	seen = stub_fpu(&toy, -1ull, &size);
	expect("their size", size <= area_size && size >= 576);
	expect("vectors, read", is_same(seen, wanted, "read"));
	if (change) {
		fill(wanted);
		memcpy(seen, wanted, 512 - 48);
		memcpy(seen + XSTATE_BV, wanted + XSTATE_BV, size - XSTATE_BV);
		*(uint32_t *)(seen + MXCSR) |= 0xffff0000u;	/* bits that it does not have */
		*(uint64_t *)(seen + XSTATE_BV + 8) = ~0ull;	/* XCOMP_BV */
	}
	expect_equal("with vectors", toy_run(), EXCEPTION(VECTOR_BP));
	*(uint32_t *)(to + MXCSR) &= 0xffff;
	expect(change ? "vectors, written" : "vectors, kept", is_same(to, wanted, "kept"));
}

/* A stub has nothing of what the supervisor had in its registers. */
static void test_first(void)
{
	uint8_t *to = toy_bytes + TOY_DATA_AT + 0x8000;
	size_t size;

	fill(wanted);
	__asm__ volatile("xrstor64 %0" : : "m"(*(char (*)[sizeof(wanted)])wanted), "a"(7), "d"(0));
	toy_new();
	__asm__ volatile("vzeroupper");
	memset(wanted, 0, sizeof(wanted));
	*(uint16_t *)wanted = 0x37f;
	*(uint32_t *)(wanted + MXCSR) = 0x1f80;
	memset(to, 0, 0x8000);
	expect("as after reset, read", is_same(stub_fpu(&toy, -1ull, &size), wanted, "read"));
	TOY_PIECE(swap_vectors);
	toy.rip += 13;			/* behind the system call */
	toy.r[RDI] = TOY_DATA + 0x8000;
	expect_equal("a first state", toy_run(), EXCEPTION(VECTOR_BP));
	expect("as after reset", is_same(to, wanted, "first"));
}

void test_vectors(unsigned rounds)
{
	look();
	printf("%u bytes of vectors, parts %lx\n", area_size, parts);
	test_first();
	for (unsigned i = 0; i < rounds / 10; i++)
		test_kept(i & 1);
}
