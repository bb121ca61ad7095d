/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * What redundant prefixes cost on this processor: cycles of the time-stamp
 * counter for unprivileged sensitive instructions, bare, with 3 to 7 padding
 * prefixes and with a 7-byte NOP behind.
 *
 * Each variant is a loop of its own, written out UNROLL times; variants take
 * turns, and the best of ROUNDS turns counts, so that an interrupt or another
 * guest of the same host falls out. The spread is that of the best quarter.
 * Prints the lines of a bench CSV: benchmark,unit,ours,peer,ratio,spread.
 *
 * LIMIT: says nothing of any other processor, and time-stamp cycles are core
 * cycles only up to a constant factor; the ratios do not depend on it.
 */
#define _GNU_SOURCE
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <x86intrin.h>

#define UNROLL 8 /* text, for .rept */

enum { ROUNDS = 400, LOOPS = 200 };

static uint8_t scratch[64] __attribute__((aligned(64)));

#define S_(x) #x
#define S(x) S_(x)

/* P is the string of prefix statements, N that of the NOP behind. */
#define BODY(name, before, insn, after)					\
	static void name(void)						\
	{								\
		for (int i = 0; i < LOOPS; i++)				\
			asm volatile(".rept " S(UNROLL) "\n\t" before	\
				     insn "\n\t" after ".endr"		\
				     : : "D"(scratch), "a"(0), "c"(0)	\
				     : "rbx", "rdx", "rsi", "memory", "cc"); \
	}

#define P3 "cs; cs; cs; "
#define P4 P3 "cs; "
#define P5 P4 "cs; "
#define P6 P5 "cs; "
#define P7 P6 "cs; "
#define NOP7 ".byte 0x0f, 0x1f, 0x80, 0, 0, 0, 0\n\t"

/* GCC gives rax and rcx back as they were: the loop sets them again. */
#define VARIANTS(id, insn)			\
	BODY(id##_bare, "", insn, "")		\
	BODY(id##_p3, P3, insn, "")		\
	BODY(id##_p4, P4, insn, "")		\
	BODY(id##_p5, P5, insn, "")		\
	BODY(id##_p6, P6, insn, "")		\
	BODY(id##_p7, P7, insn, "")		\
	BODY(id##_nop, "", insn, NOP7)

VARIANTS(pushf_pop, "pushf; pop %%rsi")
VARIANTS(push_popf, "push $0x202; popf")
VARIANTS(rdtsc, "rdtsc; xor %%eax, %%eax")
VARIANTS(rdtscp, "rdtscp; xor %%ecx, %%ecx")
VARIANTS(cpuid, "cpuid; xor %%eax, %%eax; xor %%ecx, %%ecx")
VARIANTS(xgetbv, "xgetbv; xor %%eax, %%eax")
VARIANTS(mov_sreg, "mov %%ds, %%esi")
VARIANTS(lar, "lar %%ax, %%si")
VARIANTS(str, "str %%si")
VARIANTS(sgdt, "sgdt (%%rdi)")
VARIANTS(smsw, "smsw %%si")

enum { COUNT = 7 };

static const char *const variant_names[COUNT] = {
	"bare", "3 prefixes", "4 prefixes", "5 prefixes", "6 prefixes",
	"7 prefixes", "7-byte NOP",
};

#define ENTRY(id, text)							\
	{ text, { id##_bare, id##_p3, id##_p4, id##_p5, id##_p6, id##_p7, id##_nop } }

static const struct {
	const char *name;
	void (*run[COUNT])(void);
} instructions[] = {
	ENTRY(pushf_pop, "pushf; pop"), ENTRY(push_popf, "push; popf"),
	ENTRY(rdtsc, "rdtsc"), ENTRY(rdtscp, "rdtscp"), ENTRY(cpuid, "cpuid"),
	ENTRY(xgetbv, "xgetbv"), ENTRY(mov_sreg, "mov from sreg"),
	ENTRY(lar, "lar"), ENTRY(str, "str"), ENTRY(sgdt, "sgdt"),
	ENTRY(smsw, "smsw"),
};

static sigjmp_buf forbidden;

static void on_fault(int sig)
{
	siglongjmp(forbidden, sig);
}

static uint64_t turn(void (*run)(void))
{
	uint64_t start = __rdtsc();

	run();
	return __rdtsc() - start;
}

static int by_value(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

static void measure(unsigned n, int rounds)
{
	static uint64_t ticks[COUNT][ROUNDS];
	double best[COUNT], per = (double)LOOPS * UNROLL;

	for (int r = 0; r < rounds; r++)
		for (int v = 0; v < COUNT; v++)
			ticks[v][r] = turn(instructions[n].run[v]);
	for (int v = 0; v < COUNT; v++) {
		qsort(ticks[v], rounds, sizeof(uint64_t), by_value);
		best[v] = ticks[v][0] / per;
	}
	for (int v = 1; v < COUNT; v++)
		printf("%s / %s,cycles,%.2f,%.2f,%.3f,%.3f\n", instructions[n].name,
		       variant_names[v], best[v], best[0], best[v] / best[0],
		       (double)ticks[v][rounds / 4] / ticks[v][0] - 1);
}

int main(void)
{
	struct sigaction action = { .sa_handler = on_fault };

	sigaction(SIGSEGV, &action, NULL);
	sigaction(SIGILL, &action, NULL);
	for (unsigned n = 0; n < sizeof(instructions) / sizeof(instructions[0]); n++) {
		uint64_t once;

		if (sigsetjmp(forbidden, 1)) {
			fprintf(stderr, "%s: not allowed to user code here\n",
				instructions[n].name);
			continue;
		}
		once = turn(instructions[n].run[0]);
		/* What traps to the hypervisor (cpuid) is slow: fewer rounds. */
		measure(n, once > 20000000 ? 8 : once > 500000 ? 40 : ROUNDS);
	}
	return 0;
}
