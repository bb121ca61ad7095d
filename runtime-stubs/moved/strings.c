/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/* What the relocator calls beyond memory.c. */
#include <stddef.h>
#include <string.h>

int strncmp(const char *a, const char *b, size_t size)
{
	for (; size; size--, a++, b++)
		if (*a != *b || !*a)
			return (unsigned char)*a - (unsigned char)*b;
	return 0;
}

void *memchr(const void *memory, int byte, size_t size)
{
	const unsigned char *p = memory;

	for (; size; size--, p++)
		if (*p == (unsigned char)byte)
			return (void *)p;
	return NULL;
}
