/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/* Functions with hooks, for the test of that name. */
#include <stdio.h>

unsigned long counts[2], first, result;

static int hooked(long a, int b)
{
	if (b > 3)
		return a * 2;
	for (int i = 0; i < b; i++)
		printf("%ld ", a + i);
	return a - b;
}

int main(void)
{
	int x = hooked(10, 4);

	first = 0;
	x += hooked(x, 2);
	printf("%d\n", x);
	fprintf(stderr, "%lu %lu %lu %lu\n", counts[0], counts[1], first, result);
	return 0;
}
