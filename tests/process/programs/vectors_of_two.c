/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * A program for Linux in a process: two processes take turns, and each finds the vector
 * registers as it left them. Others begin when one has ended that had filled them, and the
 * segment registers, and find them empty.
 */
#include <cpuid.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define TURNS 200
#define BEGUN 50
#define USER_DS 0x2b		/* Linux: arch/x86/include/asm/segment.h */
#define XCR0_AVX512 0xe6u

static int has_avx512(void)
{
	unsigned a, b, c, d, low, high;

	if (!__get_cpuid_count(7, 0, &a, &b, &c, &d) || !(b >> 31 & 1))	/* AVX512VL */
		return 0;
	__asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
	return (low & XCR0_AVX512) == XCR0_AVX512;
}

/* A turn: the registers hold @value before and behind the system calls. */
static int turn(int from, int to, uint64_t value, int wide)
{
	uint64_t in[2] = { value, ~value }, low[2], high[2] = { value, ~value };
	char byte = 0;
	long result;

	__asm__ volatile("movdqu %0, %%xmm15" : : "m"(in) : "xmm15");
	if (wide)
		__asm__ volatile("vmovdqu64 %0, %%xmm16" : : "m"(in));
	__asm__ volatile("syscall" : "=a"(result) : "0"(1L), "D"((long)to), "S"(&byte), "d"(1L)
			 : "rcx", "r11", "memory");
	__asm__ volatile("syscall" : "=a"(result) : "0"(0L), "D"((long)from), "S"(&byte), "d"(1L)
			 : "rcx", "r11", "memory");
	__asm__ volatile("movdqu %%xmm15, %0" : "=m"(low));
	if (wide)
		__asm__ volatile("vmovdqu64 %%xmm16, %0" : "=m"(high));
	return result == 1 && !memcmp(low, in, sizeof(in)) && !memcmp(high, in, sizeof(in));
}

/* Without a function of the C library's, which uses such registers. */
static int is_empty(int wide)
{
	uint64_t low[2], high[8] = { 0 }, found;
	uint16_t ds, es;

	__asm__ volatile("movdqu %%xmm15, %0" : "=m"(low));
	if (wide)
		__asm__ volatile("vmovdqu64 %%zmm31, %0" : "=m"(high));
	__asm__ volatile("movw %%ds, %0\n\tmovw %%es, %1" : "=r"(ds), "=r"(es));
	found = ds | es;
	for (unsigned i = 0; i < 8; i++)
		found |= high[i];
	return !(found | low[0] | low[1]);
}

/* Those of one process are none of the next one's. */
static int left_behind(int wide)
{
	static const uint64_t value[8] = { 1, 2, 3, 4, 5, 6, 7, 8 };
	int full = 0, status;

	for (unsigned i = 0; i < BEGUN; i++) {
		pid_t child = fork();

		if (!child) {
			__asm__ volatile("movdqu %0, %%xmm15" : : "m"(value) : "xmm15");
			if (wide)
				__asm__ volatile("vmovdqu64 %0, %%zmm31" : : "m"(value));
			__asm__ volatile("movl %0, %%ds\n\tmovl %0, %%es" : : "r"(USER_DS));
			_exit(0);
		}
		waitpid(child, &status, 0);
		child = fork();
		if (!child) {
			execl("/proc/self/exe", "vectors", "empty", (char *)NULL);
			_exit(2);
		}
		waitpid(child, &status, 0);
		full += status != 0;
	}
	return full;
}

int main(int argc, char **argv)
{
	int there[2], back[2], wide = has_avx512(), bad = 0, full, status = 1;
	pid_t child;

	(void)argv;
	if (argc > 1)
		return !is_empty(wide);

	if (pipe(there) || pipe(back) || (child = fork()) < 0)
		return 1;
	for (int i = 0; i < TURNS; i++)
		bad += child ? !turn(back[0], there[1], 0x1111111111111111u * (i % 7), wide) :
			       !turn(there[0], back[1], 0x0123456789abcdefu + i, wide);
	if (!child)
		_exit(bad != 0);
	waitpid(child, &status, 0);
	full = left_behind(wide);
	printf("vectors: %d turns, %s, %d wrong, the other's status %d, %d of %d not empty\n", TURNS,
	       wide ? "with AVX-512" : "without AVX-512", bad, status, full, BEGUN);
	return bad || status || full;
}
