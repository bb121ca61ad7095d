/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * flags: what the kernel has found of the processor, to be compared by eye; and
 * what a program finds with XGETBV must be among it.
 * Copyright The previrt authors
 */
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include "guest.h"

#define OSXSAVE (1u << 27)
#define AVX_STATE 6u		/* of XCR0: SSE's and AVX's registers */

/* The words behind "flags", or "" */
static const char *find_flags(char *line, size_t size)
{
	FILE *f = fopen("/proc/cpuinfo", "r");
	const char *words = "";

	while (f && fgets(line, (int)size, f))
		if (!strncmp(line, "flags", 5) && strchr(line, ':')) {
			words = strchr(line, ':') + 1;
			break;
		}
	if (f)
		fclose(f);
	return words;
}

static int has_avx_state(void)
{
	uint32_t a = 1, b, c = 0, d, low, high;

	asm volatile("cpuid" : "+a"(a), "=b"(b), "+c"(c), "=d"(d));
	if (!(c & OSXSAVE))
		return 0;
	asm volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
	return (low & AVX_STATE) == AVX_STATE;
}

int test_flags(void)
{
	char line[4096];
	const char *flags = find_flags(line, sizeof(line));

	printf("# flags%s", flags);
	return guest_check(!!strstr(flags, " avx ") == has_avx_state(),
			   "AVX for programs as for the kernel");
}
