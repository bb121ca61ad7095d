/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/* A small kernel (tests/kernels/boot.S) under QEMU's icount, where the time stamp counts
 * instructions: those of one execution of each site, what loops and the time cost taken off. */
typedef unsigned int u32;
typedef unsigned long u64;
int cpu_number;	/* the stubs of percpu look there: %gs is 0 */
#define LOOPS 1000

static void put(char c)
{
	asm volatile("outb %0,%1" :: "a"(c), "d"((unsigned short)0x3f8));
}

static void say(const char *name, u64 value)
{
	char digits[20];
	int n = 0;

	while (*name)
		put(*name++);
	put(' ');
	do
		digits[n++] = (char)('0' + value % 10);
	while (value /= 10);
	while (n)
		put(digits[--n]);
	put('\n');
}

static u64 now(void)
{
	u32 low, high;

	asm volatile("rdtsc" : "=a"(low), "=d"(high) :: "memory");
	return low | (u64)high << 32;
}

#define LOOP(name, insn, ...) \
	static __attribute__((noinline)) u64 name(void) \
	{ \
		u64 start = now(); \
		for (int i = 0; i < LOOPS; i++) \
			asm volatile(insn __VA_ARGS__); \
		return now() - start; \
	}

LOOP(nothing, "", ::: "memory")
LOOP(one_cli, "cli", ::: "memory")
LOOP(one_pushf_pop, "pushf; pop %%rax", ::: "rax", "memory")
LOOP(one_push_popf, "push $2; popf", ::: "cc", "memory")
LOOP(one_rdmsr, "rdmsr", :: "c"(0x277) : "rax", "rdx")
LOOP(one_out, "outb %%al,%%dx", :: "a"(0), "d"((unsigned short)0x80))
LOOP(one_read_cr3, "mov %%cr3,%%rax", ::: "rax")

void kernel_main(void)
{
	u64 without = nothing();

	say("cli", one_cli() - without);
	say("pushf_pop", one_pushf_pop() - without);
	say("push_popf", one_push_popf() - without);
	say("rdmsr", one_rdmsr() - without);
	say("out", one_out() - without);
	say("mov_from_cr", one_read_cr3() - without);
}
