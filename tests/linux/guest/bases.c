/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * bases: arch_prctl(2): each process keeps its own bases of FS and GS while
 * others run.
 * Copyright The previrt authors
 */
#define _GNU_SOURCE
#include <stdint.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include "guest.h"

#ifdef __x86_64__
#include <asm/prctl.h>

#define ROUNDS 300
#define CHILDREN 3

/* FS is the C library's: nothing of it may run while it is another. */
static uint64_t read_through_fs(const uint64_t *base, unsigned long library)
{
	uint64_t got;

	__asm__ volatile("movl %4, %%edi\n\tmovq %2, %%rsi\n\tmovl %3, %%eax\n\tsyscall\n\t"
			 "movl %5, %%eax\n\tsyscall\n\tmovq %%fs:0, %0\n\t"
			 "movl %4, %%edi\n\tmovq %1, %%rsi\n\tmovl %3, %%eax\n\tsyscall"
			 : "=&r"(got)
			 : "r"(library), "r"(base), "i"(SYS_arch_prctl), "i"(ARCH_SET_FS),
			   "i"(SYS_sched_yield)
			 : "rax", "rcx", "r11", "rdi", "rsi", "memory");
	return got;
}

static int keep_bases(int seed)
{
	static uint64_t words[4] = { 11, 22, 33, 44 };
	unsigned long fs, now;
	int bad = 0;

	syscall(SYS_arch_prctl, ARCH_GET_FS, &fs);
	for (int i = 0; i < ROUNDS; i++) {
		uint64_t *want = &words[(seed + i) & 3], got;

		bad |= syscall(SYS_arch_prctl, ARCH_SET_GS, want) != 0;
		syscall(SYS_sched_yield);
		__asm__ volatile("movq %%gs:0, %0" : "=r"(got));
		bad |= got != *want;
		bad |= read_through_fs(want, fs) != *want;
		syscall(SYS_arch_prctl, ARCH_GET_GS, &now);
		bad |= now != (uintptr_t)want;
	}
	syscall(SYS_arch_prctl, ARCH_GET_FS, &now);
	bad |= now != fs;
	return bad | (syscall(SYS_arch_prctl, ARCH_SET_GS, 1ul << 63) == 0);
}

int test_bases(void)
{
	int bad = 0, status;

	for (int seed = 0; seed < CHILDREN; seed++)
		if (fork() == 0)
			_exit(keep_bases(seed));
	for (int i = 0; i < CHILDREN; i++)
		bad |= wait(&status) < 0 || status != 0;
	return guest_check(!bad, "bases of FS and GS of %d processes", CHILDREN);
}
#else
int test_bases(void)
{
	return guest_check(1, "bases: for 64 bits");
}
#endif
