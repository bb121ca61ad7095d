/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/* What the programs that count in a guest share. */
#ifndef PREVIRT_BENCHMARKS_GUEST_H
#define PREVIRT_BENCHMARKS_GUEST_H
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TICKS_PER_INSTRUCTION 8.0	/* of rdtsc, with -icount shift=3 */

static inline uint64_t now(void)
{
	uint32_t lo, hi;

	asm volatile("rdtsc" : "=a"(lo), "=d"(hi) :: "memory");
	return (uint64_t)hi << 32 | lo;
}

static inline void die(const char *what)
{
	perror(what);
	exit(1);
}

static inline int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* What follows @word on the kernel's command line, or NULL. */
static inline const char *command_line(const char *word)
{
	static char line[2048];
	FILE *f = fopen("/proc/cmdline", "r");
	const char *p;

	if (!f || !fgets(line, sizeof(line), f))
		die("/proc/cmdline");
	fclose(f);
	p = strstr(line, word);
	return p ? p + strlen(word) : NULL;
}

#endif
