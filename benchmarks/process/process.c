/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * What a stub's events cost, beside what the host's own processes pay for the same:
 * a system call that user code makes and the supervisor answers, against getppid; a
 * page that user code touches and the supervisor maps, against a touch of a mapped
 * file's; a stub made and ended, against fork, exit and wait of this program.
 *
 * Stub and host take turns, ROUNDS of them, all on one processor; the median counts.
 * Prints lines of a bench CSV: benchmark,unit,ours,peer,ratio,spread (of ours: half of
 * the rounds lie within so much of the median).
 */
#define _GNU_SOURCE
#include "../../runtime-stubs/stub/stub.h"
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { ROUNDS = 101, CALLS = 500, PAGES = 128, FORKS = 5 };
#define CODE 0x400000ull
#define DATA 0x10000000ull
#define SIZE (4096ull * (PAGES + 1))

/* User code. */
static const uint8_t calls[] = { 0x0f, 0x05, 0xeb, 0xfc };	/* 1: syscall; jmp 1b */
static const uint8_t touches[] = {	/* 1: mov (%rdi), %al; add $4096, %rdi; jmp 1b */
	0x8a, 0x07, 0x48, 0x81, 0xc7, 0x00, 0x10, 0x00, 0x00, 0xeb, 0xf5,
};

static struct stub stub;
static int memory;
static uint8_t *bytes;

static void must(int good, const char *what)
{
	if (good)
		return;
	fprintf(stderr, "process: %s\n", what);
	exit(1);
}

static void stub_calls(unsigned n)
{
	memcpy(bytes, calls, sizeof(calls));
	stub.rip = CODE;
	for (unsigned i = 0; i < n; i++)
		must(stub_run(&stub) == STUB_SYSCALL, "a system call");
}

static void host_calls(unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		syscall(SYS_getppid);
}

static void stub_touches(unsigned n)
{
	memcpy(bytes, touches, sizeof(touches));
	stub.rip = CODE;
	stub.r[RDI] = DATA;
	for (unsigned i = 0; i < n; i++) {
		must(stub_run(&stub) == STUB_EXCEPTION && stub.vector == VECTOR_PF, "a fault");
		must(!stub_map_next(&stub, stub.address, 4096, STUB_READ, 4096 + 4096 * i), "a page");
	}
	must(stub_run(&stub) == STUB_EXCEPTION, "the end");
	must(!stub_unmap(&stub, DATA, 4096 * n), "unmapping");
}

static void host_touches(unsigned n)
{
	volatile uint8_t *page = mmap(NULL, 4096 * n, PROT_READ, MAP_SHARED, memory, 4096);

	must(page != MAP_FAILED, "mmap");
	madvise((void *)page, 4096 * n, MADV_RANDOM);
	for (unsigned i = 0; i < n; i++)
		(void)page[4096 * i];
	munmap((void *)page, 4096 * n);
}

static void stub_forks(unsigned n)
{
	struct stub other;

	for (unsigned i = 0; i < n; i++) {
		must(!stub_create(&other, memory), "a stub");
		stub_destroy(&other);
	}
}

static void host_forks(unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		pid_t pid = fork();

		if (!pid)
			_exit(0);
		must(waitpid(pid, NULL, 0) == pid, "fork");
	}
}

/* In us, for each of the @n. */
static double turn(void (*run)(unsigned n), unsigned n)
{
	struct timespec start, end;

	clock_gettime(CLOCK_MONOTONIC, &start);
	run(n);
	clock_gettime(CLOCK_MONOTONIC, &end);
	return ((end.tv_sec - start.tv_sec) * 1e6 + (end.tv_nsec - start.tv_nsec) / 1e3) / n;
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static void measure(const char *name, void (*ours)(unsigned n), void (*peer)(unsigned n),
		    unsigned n)
{
	static double us[2][ROUNDS];
	double *a = us[0], *b = us[1];

	for (int i = -2; i < ROUNDS; i++) {	/* two turns to warm up */
		double mine = turn(ours, n), theirs = turn(peer, n);

		a[i < 0 ? 0 : i] = mine;
		b[i < 0 ? 0 : i] = theirs;
	}
	qsort(a, ROUNDS, sizeof(*a), by_value);
	qsort(b, ROUNDS, sizeof(*b), by_value);
	printf("%s,us,%.2f,%.2f,%.2f,%.3f\n", name, a[ROUNDS / 2], b[ROUNDS / 2],
	       a[ROUNDS / 2] / b[ROUNDS / 2],
	       (a[ROUNDS * 3 / 4] - a[ROUNDS / 4]) / 2 / a[ROUNDS / 2]);
}

int main(void)
{
	cpu_set_t one;

	CPU_ZERO(&one);
	CPU_SET(sched_getcpu(), &one);
	must(!sched_setaffinity(0, sizeof(one), &one), "one processor");
	memory = memfd_create("memory", MFD_CLOEXEC);
	must(memory >= 0 && !ftruncate(memory, SIZE), "memory");
	bytes = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, memory, 0);
	must(bytes != MAP_FAILED, "memory");
	memset(bytes, 0, SIZE);
	must(!stub_init() && !stub_create(&stub, memory), "a stub");
	must(!stub_map(&stub, CODE, 4096, STUB_READ | STUB_EXECUTE, 0), "code");
	measure("system call / getppid", stub_calls, host_calls, CALLS);
	measure("fault with one page / touch of a page", stub_touches, host_touches, PAGES);
	measure("stub made and ended / fork and exit", stub_forks, host_forks, FORKS);
	stub_destroy(&stub);
	return 0;
}
