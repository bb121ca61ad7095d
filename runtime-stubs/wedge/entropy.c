/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
#include "entropy.h"
#include <string.h>

#define ROUNDS 10		/* double rounds */

static inline uint32_t entropy_turn(uint32_t x, unsigned n)
{
	return x << n | x >> (32 - n);
}

static void entropy_quarter(uint32_t *x, unsigned a, unsigned b, unsigned c, unsigned d)
{
	x[a] += x[b];
	x[d] = entropy_turn(x[d] ^ x[a], 16);
	x[c] += x[d];
	x[b] = entropy_turn(x[b] ^ x[c], 12);
	x[a] += x[b];
	x[d] = entropy_turn(x[d] ^ x[a], 8);
	x[c] += x[d];
	x[b] = entropy_turn(x[b] ^ x[c], 7);
}

void entropy_block(const uint32_t state[16], uint32_t out[16])
{
	memcpy(out, state, 64);
	for (unsigned i = 0; i < ROUNDS; i++) {
		for (unsigned n = 0; n < 4; n++)
			entropy_quarter(out, n, 4 + n, 8 + n, 12 + n);
		for (unsigned n = 0; n < 4; n++)
			entropy_quarter(out, n, 4 + (n + 1) % 4, 8 + (n + 2) % 4, 12 + (n + 3) % 4);
	}
	for (unsigned i = 0; i < 16; i++)
		out[i] += state[i];
}

/* The first half of each block is the next key. */
static void entropy_fill(struct bus_entropy *source, void *to, size_t size)
{
	struct entropy *entropy = (struct entropy *)source;
	uint8_t *p = to;

	while (size) {
		uint32_t state[16] = { 0x61707865, 0x3320646e, 0x79622d32, 0x6b206574 }, out[16];
		size_t part = size < 32 ? size : 32;

		memcpy(state + 4, entropy->key, sizeof(entropy->key));
		entropy_block(state, out);
		memcpy(entropy->key, out, sizeof(entropy->key));
		memcpy(p, out + 8, part);
		p += part;
		size -= part;
	}
}

void entropy_init(struct entropy *entropy, const void *seed)
{
	entropy->source.fill = entropy_fill;
	memcpy(entropy->key, seed, ENTROPY_SEED);
}
