/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * Programs that measure in a guest and on the host alike: each thing is done in ROUNDS rounds,
 * or as many as `rounds' in the environment says, and the median counts; `only' names one
 * that is done alone. Prints lines "turns NAME NS SPREAD" (half of the rounds lie within
 * so much of the median). A kernel hands over its command line's words as the environment.
 */
#ifndef PREVIRT_BENCHMARKS_ROUNDS_H
#define PREVIRT_BENCHMARKS_ROUNDS_H
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/reboot.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum { ROUNDS = 15, ROUNDS_MOST = 999 };

static inline void must(int good, const char *what)
{
	if (good)
		return;
	perror(what);
	exit(1);
}

static inline double turn(void (*run)(unsigned n), unsigned n)
{
	struct timespec start, end;

	clock_gettime(CLOCK_MONOTONIC, &start);
	run(n);
	clock_gettime(CLOCK_MONOTONIC, &end);
	return ((end.tv_sec - start.tv_sec) * 1e9 + (end.tv_nsec - start.tv_nsec)) / n;
}

static inline int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static inline void measure(const char *name, void (*run)(unsigned n), unsigned n)
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

/* The first program of a guest loads the modules that guests_make has put into "/modules", by
   name. */
static inline void load_modules(void)
{
	struct dirent **entry;
	int n = getpid() == 1 ? scandir("/modules", &entry, NULL, alphasort) : 0;

	for (int i = 0; i < n; i++) {
		char path[300];
		int file;

		if (*entry[i]->d_name == '.')
			continue;
		snprintf(path, sizeof(path), "/modules/%s", entry[i]->d_name);
		must((file = open(path, O_RDONLY)) >= 0, path);
		must(!syscall(SYS_finit_module, file, "", 0), path);
		close(file);
	}
}

/* As the first program of a guest it turns the power off. */
static inline void measured(void)
{
	if (getpid() == 1)
		reboot(RB_POWER_OFF);
}

#endif
