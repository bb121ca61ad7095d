/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * A program that finds by faults who writes to a table: the page of the table
 * is read-only; each write to it faults, is told on standard output as
 *	ip=ADDRESS [caller=ADDRESS] space=SPACE
 * and executed by itself. The writers use types that no guest file names.
 */
#define _GNU_SOURCE
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <ucontext.h>

#define PAGE 4096
#define TRAP_FLAG 0x100
#define noinline __attribute__((noinline))

extern char copy_begin[], copy_end[];	/* copy.S */
void *memcpy(void *to, const void *from, unsigned long size);

static unsigned long *table, *device;
static unsigned long elsewhere[8], touched;

static void protect(int how)
{
	if (mprotect(table, PAGE, how) || mprotect(device, PAGE, how))
		abort();
}

static void on_write(int signal, siginfo_t *info, void *context)
{
	greg_t *regs = ((ucontext_t *)context)->uc_mcontext.gregs;
	unsigned long ip = regs[REG_RIP], addr = (unsigned long)info->si_addr;

	printf("ip=%lx", ip);
	if (ip >= (unsigned long)copy_begin && ip < (unsigned long)copy_end)
		printf(" caller=%lx", *(unsigned long *)regs[REG_RSP]);
	printf(" space=%s\n", addr - (unsigned long)device < PAGE ? "mmio" : "pmd");
	protect(PROT_READ | PROT_WRITE);
	regs[REG_EFL] |= TRAP_FLAG;
}

static void on_step(int signal, siginfo_t *info, void *context)
{
	((ucontext_t *)context)->uc_mcontext.gregs[REG_EFL] &= ~TRAP_FLAG;
	protect(PROT_READ);
}

static inline void set_raw(void *p, unsigned long value)
{
	*(unsigned long *)p = value;
}

static inline void set_flag(unsigned long *p)
{
	asm volatile("lock; btsq $5,%0" : "+m"(*p) : : "memory", "cc");
}

static noinline void first_writer(unsigned long value)
{
	set_raw(table + 3, value);
	elsewhere[1] = value;
}

static noinline void second_writer(int n)
{
	for (int i = 0; i < n; i++) {
		asm volatile("" : : : "memory");
		set_raw(table + 8 + i, i);
	}
	set_flag(table + 5);
}

static noinline void copier(void)
{
	memcpy(table + 32, elsewhere, sizeof(elsewhere));
	touched++;
}

static noinline __attribute__((noclone)) void poke(volatile unsigned short *p, unsigned short value)
{
	*p = value;
}

int main(void)
{
	struct sigaction write = { .sa_sigaction = on_write, .sa_flags = SA_SIGINFO };
	struct sigaction step = { .sa_sigaction = on_step, .sa_flags = SA_SIGINFO };

	table = mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	device = mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (table == MAP_FAILED || device == MAP_FAILED ||
	    sigaction(SIGSEGV, &write, NULL) || sigaction(SIGTRAP, &step, NULL))
		abort();
	first_writer(7);
	second_writer(3);
	copier();
	poke((unsigned short *)device + 9, 77);
	return table[3] != 7 || table[9] != 1 || table[5] != 32 || table[33] != 7 ||
		((unsigned short *)device)[9] != 77;
}
