/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * How costs grow: memory that is touched, 1 MiB to as many as "megabytes" in the
 * environment says, and a byte that goes round 2 to "processes" processes. The first
 * program of a guest, or one of the host's. Prints lines "grows NAME SIZE NS": of a page
 * (touched for the first time; again, in an order of no order; with its unmapping), of a hop.
 */
#define _GNU_SOURCE
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/reboot.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define PAGE 4096ul
#define STEP 7919ul		/* a prime: each page comes once */
#define TOUCHES 262144ul	/* again, about so many */
#define HOPS 4000u

static void must(int good, const char *what)
{
	if (good)
		return;
	perror(what);
	exit(1);
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1e9 + t.tv_nsec;
}

static void tell(const char *name, unsigned long size, double ns)
{
	printf("grows %s %lu %.0f\n", name, size, ns);
	fflush(stdout);
}

static void memory(unsigned long mib)
{
	unsigned long pages = mib << 8, rounds = TOUCHES / pages ? TOUCHES / pages : 1;
	volatile char *at = mmap(NULL, pages * PAGE, PROT_READ | PROT_WRITE,
				 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	double start = now(), first, again;

	must(at != MAP_FAILED, "mmap");
	for (unsigned long i = 0; i < pages; i++)
		at[i * PAGE] = 1;
	first = now();
	for (unsigned long r = 0; r < rounds; r++)
		for (unsigned long i = 0, p = 0; i < pages; i++, p = (p + STEP) % pages)
			at[p * PAGE] += 1;
	again = now();
	must(at[0] == (char)(1 + rounds) && at[(pages - 1) * PAGE] == (char)(1 + rounds), "what was written");
	munmap((void *)at, pages * PAGE);
	tell("first-touch", mib, (first - start) / pages);
	tell("touched-again", mib, (again - first) / ((double)pages * rounds));
	tell("unmapped", mib, (now() - again) / pages);
}

static void pass_on(int from, int to)
{
	char byte;

	while (read(from, &byte, 1) == 1 && write(to, &byte, 1) == 1)
		continue;
	_exit(0);
}

/* This process is one of them. */
static void ring(unsigned n)
{
	unsigned rounds = HOPS / n ? HOPS / n : 1;
	int first[2], from, next[2];
	char byte = 1;
	double start = 0;

	must(!pipe(first), "pipe");
	from = first[0];
	for (unsigned i = 1; i < n; i++) {
		must(!pipe(next), "pipe");
		pid_t child = fork();
		must(child >= 0, "fork");
		if (!child) {
			close(first[1]);
			close(next[0]);
			pass_on(from, next[1]);
		}
		close(from);
		close(next[1]);
		from = next[0];
	}
	for (unsigned r = 0; r <= rounds; r++) {	/* the first one is not counted */
		if (r == 1)
			start = now();
		must(write(first[1], &byte, 1) == 1 && read(from, &byte, 1) == 1, "a byte");
	}
	tell("hop", n, (now() - start) / ((double)rounds * n));
	close(first[1]);
	close(from);
	while (wait(NULL) > 0)
		continue;
}

static unsigned long most(const char *name, unsigned long otherwise)
{
	const char *text = getenv(name);

	return text ? strtoul(text, NULL, 10) : otherwise;
}

int main(void)
{
	static const unsigned rings[] = { 2, 10, 40, 100, 300, 1000 };

	for (unsigned long mib = 1; mib <= most("megabytes", 256); mib *= 4)
		memory(mib);
	for (unsigned i = 0; i < sizeof(rings) / sizeof(rings[0]); i++)
		if (rings[i] <= most("processes", 300))
			ring(rings[i]);
	if (getpid() == 1)
		reboot(RB_POWER_OFF);
	return 0;
}
