/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * usage: damage IN OUT SEED
 *
 * Writes a copy of IN in which up to four bytes are wrong, the same ones for
 * the same SEED; one time in three among the headers at either end.
 */
#include <stdio.h>
#include <stdlib.h>

static unsigned char bytes[1 << 22];
static unsigned long state;

static size_t pick(size_t below)
{
	state = state * 6364136223846793005ul + 1442695040888963407ul;
	return (state >> 33) % below;
}

static void damage(size_t size)
{
	size_t near = size < 1024 ? size : 1024, at = pick(size);

	if (!pick(3))
		at = pick(2) ? pick(near < 64 ? near : 64) : size - 1 - pick(near);
	if (pick(3))
		bytes[at] ^= (unsigned char)(1u << pick(8));
	else
		bytes[at] = pick(2) ? 0xff : 0;
}

int main(int argc, char **argv)
{
	FILE *in = argc == 4 ? fopen(argv[1], "rb") : NULL;
	FILE *out = argc == 4 ? fopen(argv[2], "wb") : NULL;
	size_t size, n;

	if (!in || !out)
		return 2;
	size = fread(bytes, 1, sizeof(bytes), in);
	state = strtoul(argv[3], NULL, 10);
	for (n = 1 + pick(4); n && size; n--)
		damage(size);
	return fwrite(bytes, 1, size, out) != size || fclose(out);
}
