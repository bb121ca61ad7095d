/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/* The functions that a compiler calls; there is no C library here. */
#include <stddef.h>
#include <string.h>

void *memcpy(void *to, const void *from, size_t size)
{
	void *start = to;
	size_t words = size / 4;

	__asm__ volatile("rep movsl" : "+D"(to), "+S"(from), "+c"(words) : : "memory");
	size %= 4;
	__asm__ volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(size) : : "memory");
	return start;
}

void *memset(void *to, int byte, size_t size)
{
	void *start = to;

	__asm__ volatile("rep stosb" : "+D"(to), "+c"(size) : "a"(byte) : "memory");
	return start;
}

int memcmp(const void *a, const void *b, size_t size)
{
	const unsigned char *x = a, *y = b;

	for (; size; size--, x++, y++)
		if (*x != *y)
			return *x - *y;
	return 0;
}

size_t strlen(const char *text)
{
	size_t n = 0;

	while (text[n])
		n++;
	return n;
}

int strcmp(const char *a, const char *b)
{
	size_t n = strlen(a), m = strlen(b);

	return memcmp(a, b, (n < m ? n : m) + 1);
}
