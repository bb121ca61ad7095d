/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * Sensitive instructions that user mode may execute, among values that must
 * outlive them: in registers of all kinds, in flags, over calls that the
 * compiler knows to leave registers alone, in loops and on both ways of a
 * branch. Prints sums that tell if one of them got lost.
 */
#include <stdio.h>
#include <stdint.h>

typedef unsigned long word;
#define noinline __attribute__((noinline))

static inline void site(void) { asm volatile("cpuid" : : "a"(0) : "ebx", "ecx", "edx", "memory"); }
static inline word flags(void) { word f; asm volatile("pushf; pop %0" : "=r"(f)); return f & 0x200; }
static inline unsigned selector(void) { unsigned s; asm volatile("mov %%ds,%0" : "=r"(s)); return s & 0; }
static inline void stamp(unsigned *low) { asm volatile("rdtsc; xor %%edx,%%edx; mov $5,%0" : "=r"(*low) : : "eax", "edx"); }

static noinline word many(word a, word b, word c, word d, word e, word f)
{
	word g = a * 3 + b, h = c * 5 ^ d, i = e + f * 7, j = a ^ f, k = b - e;

	asm volatile("rdtsc" : : : "eax", "edx");
	g += flags();
	site();
	return a + b * 2 + c * 3 + d * 5 + e * 7 + f * 11 + g * 13 + h * 17 + i * 19 + j + k * 23;
}

/* Leaves most registers alone, and its caller may know. */
static noinline word leaf(word a) { return a + selector() + flags(); }

static noinline word callers(word a, word b, word c)
{
	word x = a * b, y = b * c, z = a ^ c;

	x += leaf(y);
	y ^= leaf(x);
	return x + y * 3 + z * 5 + a + b + c;
}

static noinline int compared(word a, word b)
{
	int below;

	asm volatile("cmp %2,%1" : "=@ccb"(below) : "r"(a), "r"(b));
	asm volatile("cpuid" : : "a"(0) : "ebx", "ecx", "edx");
	return below;
}

static noinline int jumps(word a, word b)
{
	asm goto("cmp %1,%0; pushf; popf; jb %l2" : : "r"(a), "r"(b) : "memory" : less);
	return a - b > 7;
less:
	return b - a > 9 ? 100 : 200;
}

static noinline word loop(const word *v, int n)
{
	word sum = 0, product = 1, last = 0;
	unsigned low;

	for (int i = 0; i < n; i++) {
		if (v[i] & 1) {
			stamp(&low);
			sum += v[i] + low;
		} else {
			product = product * v[i] + flags();
		}
		last ^= v[i] << (i & 7);
		asm volatile("rdtsc" : : : "eax", "edx");
	}
	return sum + product * 31 + last;
}

static noinline double floats(double a, word b)
{
	asm volatile("rdtsc" : : : "eax", "edx");
	return a * b + flags();
}

/* The result waits in its register. */
static noinline word result(word a)
{
	word r = a * 7 + 1;

	asm volatile("pushf; popf" : "+a"(r));
	asm volatile("pushf; pop %0" : "=c"(a));
	return r;
}

/* Nothing of the caller's may change in registers that it does not save. */
static noinline void nothing(void) { asm volatile("rdtsc" : : : "eax", "edx"); }

int main(void)
{
	word v[64], x = 0x12345;

	for (int i = 0; i < 64; i++)
		v[i] = x = x * 1103515245 + 12345;
	for (int i = 0; i + 6 < 64; i++) {
		nothing();
		printf("%lx %lx %d %d %lx %.3f\n", (long)many(v[i], v[i + 1], v[i + 2], v[i + 3], v[i + 4], v[i + 5]),
		       (long)callers(v[i], v[i + 1], v[i + 2]), compared(v[i], v[i + 1]),
		       jumps(v[i], v[i + 1]), (long)loop(v + i, 7) + result(v[i]), floats(v[i] & 0xff, i));
	}
	return 0;
}
