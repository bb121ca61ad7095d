/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/* Cycles of a loop of "pushf; pop", one site, compiled in one of previrt's modes: the best of
 * many runs. */
#include <stdio.h>

int cpu_number;	/* the stubs of percpu look there: %gs is 0 */

#define RUNS 3000
#define LOOPS 1000

static unsigned long now(void)
{
	unsigned int a, d;

	asm volatile("lfence; rdtscp" : "=a"(a), "=d"(d) :: "ecx", "memory");
	return a | (unsigned long)d << 32;
}

__attribute__((noinline)) static void loop(int n)
{
	while (n--)
		asm volatile("pushf; pop %%rax" ::: "rax", "memory");
}

int main(void)
{
	unsigned long best = ~0ul, t;
	int i;

	for (i = 0; i < RUNS; i++) {
		t = now();
		loop(LOOPS);
		t = now() - t;
		if (t < best)
			best = t;
	}
	printf("%.2f\n", (double)best / LOOPS);
	return 0;
}
