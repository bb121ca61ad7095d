/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/* Adds up what it is given, a write in between, for a debugger that looks at it from outside. */
#include <stdio.h>
#include <unistd.h>

volatile unsigned long watched_sum;

__attribute__((noinline)) unsigned long watched_add(unsigned long n)
{
	watched_sum += n;
	return watched_sum;
}

int main(void)
{
	unsigned long n;

	watched_add(0);
	for (n = 1; n <= 100; n++) {
		if (write(1, "", 0))
			return 1;
		watched_add(n);
	}
	sleep(4);		/* a debugger meets an idle processor */
	printf("watched: sum %lu\n", watched_sum);
	return 0;
}
