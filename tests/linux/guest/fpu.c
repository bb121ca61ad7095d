/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * fpu: x87, SSE and (where the processor has them) AVX and AVX-512 registers of several
 * processes and of a signal handler do not mix.
 * Copyright The previrt authors
 */
#define _GNU_SOURCE
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include "guest.h"

#define CHILDREN 4
#define ROUNDS 200
#define OSXSAVE_AVX (1u << 27 | 1u << 28)

/* For 32 bits GCC must be told that there are such registers. */
#define HAS_SSE __attribute__((target("sse2")))

#define AVX512F (1u << 16)

enum { HAS_AVX = 1, HAS_AVX512 };

/* What the processor shows to user mode, which need not be what the kernel knows of. */
static int vectors(void)
{
	uint32_t a = 1, b, c = 0, d, low, high;

	asm volatile("cpuid" : "+a"(a), "=b"(b), "+c"(c), "=d"(d));
	if ((c & OSXSAVE_AVX) != OSXSAVE_AVX)
		return 0;
	asm volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
	if ((low & 6) != 6)
		return 0;
	a = 7;
	c = 0;
	asm volatile("cpuid" : "+a"(a), "=b"(b), "+c"(c), "=d"(d));
	return (low & 0xe6) == 0xe6 && (b & AVX512F) ? HAS_AVX512 : HAS_AVX;
}

/* Two registers of each kind get a pattern; they must still have it later. */
static HAS_SSE int registers_stay(int has, uint32_t pattern, void (*meanwhile)(void))
{
	uint32_t in[16], out[8], sse[4], wide[16], mask = 0;
	double x = pattern, y;
	int i, bad = 0;

	for (i = 0; i < 16; i++)
		in[i] = pattern * 0x01010101u + i;
	asm volatile("fldl %0" : : "m"(x));
	asm volatile("movdqu %0, %%xmm7" : : "m"(in[0]) : "xmm7");
	if (has >= HAS_AVX)
		asm volatile("vmovdqu %0, %%ymm6" : : "m"(in[0]) : "xmm6");
	if (has == HAS_AVX512)
		asm volatile("vmovdqu64 %0, %%zmm5\n\tkmovw %1, %%k1" : : "m"(in), "r"(pattern) : "xmm5");
	meanwhile();
	if (has == HAS_AVX512)
		asm volatile("vmovdqu64 %%zmm5, %0\n\tkmovw %%k1, %1" : "=m"(wide), "=r"(mask));
	if (has >= HAS_AVX)
		asm volatile("vmovdqu %%ymm6, %0\n\tvzeroupper" : "=m"(out) : : "memory");
	asm volatile("movdqu %%xmm7, %0" : "=m"(sse) : : "memory");
	asm volatile("fstpl %0" : "=m"(y));
	bad |= memcmp(sse, in, sizeof(sse)) != 0 || x != y;
	if (has == HAS_AVX512)
		bad |= memcmp(wide, in, sizeof(in)) != 0 || mask != pattern;
	if (has >= HAS_AVX)
		bad |= memcmp(out, in, sizeof(out)) != 0;
	return bad;
}

static void yield(void)
{
	sched_yield();
}

static HAS_SSE void handler(int sig)
{
	(void)sig;
	asm volatile("pxor %%xmm7, %%xmm7\n\tpxor %%xmm6, %%xmm6\n\tpxor %%xmm5, %%xmm5\n\tfninit"
		     : : : "xmm5", "xmm6", "xmm7");
	if (vectors() == HAS_AVX512)
		asm volatile("vpxord %%zmm5, %%zmm5, %%zmm5\n\tkxorw %%k1, %%k1, %%k1" : : : "xmm5");
}

static void signal_self(void)
{
	raise(SIGUSR1);
}

static int child(void *number)
{
	int i, bad = 0, has = vectors();

	for (i = 0; i < ROUNDS; i++)
		bad |= registers_stay(has, *(int *)number, yield);
	return bad;
}

int test_fpu(void)
{
	int i, status, bad = 0, has = vectors(), numbers[CHILDREN];

	printf("# AVX: %s\n", has ? "yes" : "no");
	fflush(stdout);
	for (i = 0; i < CHILDREN; i++) {
		numbers[i] = i + 1;
		if (fork() == 0)
			_exit(child(&numbers[i]));
	}
	for (i = 0; i < CHILDREN; i++)
		bad |= wait(&status) < 0 || status;
	bad = guest_check(!bad, "registers of %d processes stay theirs", CHILDREN);
	signal(SIGUSR1, handler);
	return bad | guest_check(!registers_stay(has, 77, signal_self),
				 "registers over a signal handler");
}
