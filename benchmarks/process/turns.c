/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * What a program pays for a turn into its kernel: the first program of a guest, or one of
 * the host's. Each is done in ROUNDS rounds, or as many as `rounds' in the environment
 * says, and the median counts; `only' names one that is done alone. Prints lines "turns
 * NAME NS SPREAD" (half of the rounds lie within so much of the median); as the first
 * program it turns the power off then.
 */
#define _GNU_SOURCE
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/reboot.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { ROUNDS = 15, ROUNDS_MOST = 999, CALLS = 200, PAGES = 128, FORKS = 4, BYTES = 50 };

static void must(int good, const char *what)
{
	if (good)
		return;
	perror(what);
	exit(1);
}

static void calls(unsigned n)
{
	while (n--)
		syscall(SYS_getppid);
}

static void pages(unsigned n)
{
	volatile char *memory = mmap(NULL, 4096ul * n, PROT_READ | PROT_WRITE,
				     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	must(memory != MAP_FAILED, "mmap");
	for (unsigned i = 0; i < n; i++)
		memory[4096ul * i] = 1;
	munmap((void *)memory, 4096ul * n);
}

static void forks(unsigned n)
{
	while (n--) {
		pid_t pid = fork();

		if (!pid)
			_exit(0);
		must(waitpid(pid, NULL, 0) == pid, "fork");
	}
}

/* A byte to another process and back. */
static void bytes(unsigned n)
{
	static int there[2], back[2];
	static pid_t other;
	char byte = 0;

	if (!other) {
		must(!pipe(there) && !pipe(back), "pipe");
		other = fork();
		close(other ? there[0] : there[1]);	/* so that it ends with this one */
		while (!other)
			if (read(there[0], &byte, 1) != 1 || write(back[1], &byte, 1) != 1)
				_exit(0);
	}
	while (n--)
		must(write(there[1], &byte, 1) == 1 && read(back[0], &byte, 1) == 1, "a byte");
}

static double turn(void (*run)(unsigned n), unsigned n)
{
	struct timespec start, end;

	clock_gettime(CLOCK_MONOTONIC, &start);
	run(n);
	clock_gettime(CLOCK_MONOTONIC, &end);
	return ((end.tv_sec - start.tv_sec) * 1e9 + (end.tv_nsec - start.tv_nsec)) / n;
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static void measure(const char *name, void (*run)(unsigned n), unsigned n)
{
	static double ns[ROUNDS_MOST];
	const char *only = getenv("only"), *wanted = getenv("rounds");
	int rounds = wanted ? atoi(wanted) : ROUNDS;

	if (only && strcmp(only, name))
		return;
	must(rounds > 0 && rounds <= ROUNDS_MOST, "rounds");
	run(n);
	for (int i = 0; i < rounds; i++)
		ns[i] = turn(run, n);
	qsort(ns, rounds, sizeof(*ns), by_value);
	printf("turns %s %.0f %.3f\n", name, ns[rounds / 2],
	       (ns[rounds * 3 / 4] - ns[rounds / 4]) / 2 / ns[rounds / 2]);
	fflush(stdout);
}

int main(void)
{
	measure("getppid", calls, CALLS);
	measure("page", pages, PAGES);
	measure("fork-exit-wait", forks, FORKS);
	measure("pipe-there-and-back", bytes, BYTES);
	if (getpid() == 1)
		reboot(RB_POWER_OFF);
	return 0;
}
