/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What operations cost as the work grows, seen from inside a guest whose rdtsc
 * counts instructions (QEMU -icount shift=3: eight for each).  Static, run by
 * /init.
 *
 *   memory      one process that has touched previrt.from=N MiB (1; the kernel's
 *               command line), four times that, ... up to previrt.mib=N (64; 0:
 *               none): the first touch of a page, a switch to a small process
 *               and back, fork + exit
 *   processes   a token goes round 1, 3, 10, ... up to previrt.processes=N
 *               (0) processes, each of which writes to a page of its own when
 *               it comes: one hop
 *
 * Prints "growth OPERATION|SIZE|COUNT" for each: instructions per operation, the
 * median of several batches, and "ok growth" at the end.
 * Copyright The previrt authors
 */
#define _GNU_SOURCE
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#include "../guest.h"

#define PAGE 4096
#define MIB (1 << 20)
#define FAULT_BATCH 32		/* pages; most batches fit between two ticks */
#define SWITCHES 20		/* round trips in a batch */
#define BATCHES 21
#define FORKS 5
#define HOPS 200		/* at least so many hops in a batch */
#define MIB_MOST 1024

static const int rings[] = { 1, 3, 10, 30, 100, 300, 600, 1000, 1200 };
static double values[(size_t)MIB_MOST * MIB / PAGE / FAULT_BATCH];

static double since(uint64_t start)
{
	return (double)(now() - start) / TICKS_PER_INSTRUCTION;
}

static double median(size_t n)
{
	qsort(values, n, sizeof(values[0]), by_value);
	return values[n / 2];
}

static void say(const char *operation, long size, double count)
{
	printf("growth %s|%ld|%.1f\n", operation, size, count);
	fflush(stdout);
}

/* The number behind @word on the kernel's command line, or @otherwise. */
static long number(const char *word, long otherwise)
{
	const char *p = command_line(word);

	return p ? strtol(p, NULL, 10) : otherwise;
}

static void measure_faults(volatile char *p, long mib)
{
	size_t n = 0;

	for (long at = 0; at < mib * MIB; at += FAULT_BATCH * PAGE) {
		uint64_t start = now();

		for (int i = 0; i < FAULT_BATCH; i++)
			p[at + i * PAGE] = 1;
		values[n++] = since(start) / FAULT_BATCH;
	}
	say("page fault", mib, median(n));
}

struct echo { int to[2], from[2]; };

static void start_echo(struct echo *e)
{
	char c;

	if (pipe(e->to) || pipe(e->from))
		die("pipe");
	if (fork())
		return;
	close(e->to[1]);
	while (read(e->to[0], &c, 1) == 1 && write(e->from[1], &c, 1) == 1)
		;
	_exit(0);
}

static void measure_switches(const struct echo *e, long mib)
{
	char c = 0;

	for (int b = 0; b < BATCHES; b++) {
		uint64_t start = now();

		for (int i = 0; i < SWITCHES; i++)
			if (write(e->to[1], &c, 1) != 1 || read(e->from[0], &c, 1) != 1)
				die("pipe");
		values[b] = since(start) / SWITCHES;
	}
	say("pipe round trip", mib, median(BATCHES));
}

static void measure_forks(long mib)
{
	for (int i = 0; i < FORKS; i++) {
		uint64_t start = now();
		pid_t pid = fork();
		int status;

		if (pid == 0)
			_exit(0);
		if (pid < 0 || waitpid(pid, &status, 0) != pid || status)
			die("fork");
		values[i] = since(start);
	}
	say("fork + exit", mib, median(FORKS));
}

static void measure_memory(const struct echo *e, long from, long limit)
{
	for (long mib = from; mib <= limit; mib *= 4) {
		char *p = mmap(NULL, mib * MIB, PROT_READ | PROT_WRITE,
			       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

		if (p == MAP_FAILED)
			die("mmap");
		measure_faults(p, mib);
		measure_switches(e, mib);
		measure_forks(mib);
		munmap(p, mib * MIB);
	}
}

/* One of the ring: pass on what comes. */
static void relay(int in, int out, volatile char *page)
{
	char c;

	while (read(in, &c, 1) == 1) {
		(*page)++;
		if (write(out, &c, 1) != 1)
			break;
	}
	_exit(0);
}

/* A ring of @n children between two pipes of the parent's. */
static void start_ring(long n, int *in, int *out, pid_t *children)
{
	int first[2], last[2], next[2];
	char *page = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (page == MAP_FAILED || pipe(first))
		die("ring");
	last[0] = first[0];
	for (long i = 0; i < n; i++) {
		if (pipe(next))
			die("pipe");
		children[i] = fork();
		if (children[i] < 0)
			die("fork");
		if (children[i] == 0) {
			close(first[1]);
			close(next[0]);
			relay(last[0], next[1], page);
		}
		close(last[0]);
		close(next[1]);
		last[0] = next[0];
	}
	*in = first[1];
	*out = last[0];
}

static void measure_ring(long n)
{
	pid_t *children = calloc(n, sizeof(*children));
	long rounds = (HOPS + n - 1) / n;
	int in, out;
	char c = 0;

	start_ring(n, &in, &out, children);
	for (int b = -1; b < BATCHES; b++) {	/* one to warm up */
		uint64_t start = now();

		for (long i = 0; i < rounds; i++)
			if (write(in, &c, 1) != 1 || read(out, &c, 1) != 1)
				die("ring");
		if (b >= 0)
			values[b] = since(start) / ((n + 1) * rounds);
	}
	say("hop", n, median(BATCHES));
	close(in);
	for (long i = 0; i < n; i++)
		waitpid(children[i], NULL, 0);
	close(out);
	free(children);
}

int main(void)
{
	long from = number("previrt.from=", 1), mib = number("previrt.mib=", 64);
	long processes = number("previrt.processes=", 0);
	struct rlimit many = { 4096, 4096 };
	struct echo e;

	if (mib > MIB_MOST || from < 1) {
		fprintf(stderr, "previrt.from is 1 at least, previrt.mib %d at most\n", MIB_MOST);
		return 1;
	}
	setrlimit(RLIMIT_NOFILE, &many);
	setrlimit(RLIMIT_NPROC, &many);
	signal(SIGPIPE, SIG_IGN);
	start_echo(&e);
	measure_memory(&e, from, mib);
	for (size_t i = 0; i < sizeof(rings) / sizeof(rings[0]) && rings[i] <= processes; i++)
		measure_ring(rings[i]);
	printf("ok growth\n");
	return 0;
}
