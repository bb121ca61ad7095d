/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * A user process that looks for selectors past those that its kernel has given it: a
 * hypervisor's own, which user mode can load where there is one. With each of them in
 * its segment registers it sleeps, faults and takes signals; with each of code it goes
 * on there and enters the kernel by each road. Whatever comes of it, at most this
 * process ends. Lines beginning with # may differ from the bare machine's.
 */
#define _GNU_SOURCE
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define GIVEN 0x80u		/* the kernel's own table ends before that */
#define SELECTORS 0x10000u
#define CODE 8u			/* of a descriptor's type */

static sigjmp_buf back;

static void caught(int signal)
{
	siglongjmp(back, signal);
}

/* The descriptor's second half, or 0. */
static uint32_t rights(uint16_t selector)
{
	uint32_t is = 0, there;

	__asm__("larl %2, %0; sete %b1" : "+r"(is), "=q"(there) : "r"((uint32_t)selector) : "cc");
	return there & 1 ? is >> 8 | 0x80000000u : 0;
}

/* As a child: how it ends. */
static int lives(void (*body)(uint16_t), uint16_t selector)
{
	int status = -1;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (!pid) {
		body(selector);
		_exit(0);
	}
	return pid < 0 || waitpid(pid, &status, 0) != pid ? -1 : status;
}

static void in_data(uint16_t selector)
{
	char *fresh = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct sigaction act = { .sa_handler = caught, .sa_flags = SA_NODEFER };

	sigaction(SIGTRAP, &act, NULL);
	sigaction(SIGSEGV, &act, NULL);
	/* Not fs: the C library has its own there. */
	for (volatile int round = 0; round < 20; round++) {
		if (sigsetjmp(back, 1))
			continue;
		__asm__ volatile("movw %0, %%ds; movw %0, %%es; movw %0, %%gs" : : "r"(selector));
		syscall(SYS_sched_yield);
		usleep(1000);
		fresh[round % 2 * 4096] = round;
		__asm__ volatile("int3");
	}
}

/* The roads into the kernel, of the same bytes in code of 32 and of 64 bits; each child
   takes one. */
static const uint8_t roads[][8] = {
	{ 0xb8, 39, 0, 0, 0, 0x0f, 0x05, 0xcc }, { 0xb8, 20, 0, 0, 0, 0xcd, 0x80, 0xcc }, { 0xcc },
	{ 0x0f, 0x0b }, { 0xf4 }, { 0xb9, 0, 0, 0, 1, 0xe2, 0xfe, 0xcc }, { 0x0f, 0x34 }, { 0xcf }, { 0xcb },
	{ 0x31, 0xc9, 0xf7, 0xf1 }, { 0x8b, 0x00 }, { 0xcd, 0x82 }, { 0xfa }, { 0x9c, 0x9d, 0xcc },
};
static unsigned road;

static void in_code(uint16_t selector)
{
	uint8_t *low = mmap((void *)0x10000000, 8192, PROT_READ | PROT_WRITE | PROT_EXEC,
			    MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);

	if (low == MAP_FAILED)
		_exit(1);
	memset(low, 0xcc, 4096);
	memcpy(low, roads[road], sizeof(roads[road]));
	alarm(5);
	__asm__ volatile("movq %0, %%rsp; pushq %1; pushq %2; xorl %%eax, %%eax; lretq" : :
			 "r"(low + 8000), "r"((uint64_t)selector), "r"(low) : "memory");
}

int main(void)
{
	unsigned found = 0, bad = 0;

	for (unsigned s = 0; s < SELECTORS; s++) {
		uint32_t is = rights(s);

		if (s < GIVEN || !is)
			continue;
		found++;
		printf("# selector %x: %x", s, is & 0xffffff);
		if ((is & 0x10) && (is & CODE)) {
			for (road = 0; road < sizeof(roads) / sizeof(roads[0]); road++)
				printf(" %x", lives(in_code, s));
		} else if (is & 0x10) {
			printf(" %x", lives(in_data, s));
		}
		printf("\n");
		bad += lives(in_data, 0) != 0;
	}
	printf("# %u selectors\n", found);
	printf(bad ? "BAD others have ended, too\n" : "ok others live\n");
	printf("selectors of the kernel's: %x %x %x\n", rights(0x23) & 0xfe, rights(0x2b) & 0xfe, rights(0x33) & 0xfe);
	return bad != 0;
}
