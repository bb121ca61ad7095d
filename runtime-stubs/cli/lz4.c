/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * See lz4.h for the contract. A block is a row of sequences: a token, whose
 * halves are two lengths; literals; then how far back and how long a match is.
 * The last sequence ends behind its literals.
 */
#include "lz4.h"
#include <stdbool.h>
#include <string.h>

#define TOKEN_LONG  15u         /* more of the length follows */
#define MATCH_LEAST 4u

struct lz4 {
	const uint8_t *in, *end;
	uint8_t *out;
	size_t have, room;
};

/* A length of @half a token and the bytes that go on with it. */
static bool lz4_length(struct lz4 *z, unsigned int half, size_t *length)
{
	uint8_t more;

	*length = half;
	if (half < TOKEN_LONG)
		return true;
	do {
		if (z->in == z->end)
			return false;
		more = *z->in++;
		*length += more;
	} while (more == 255);
	return true;
}

static bool lz4_literals(struct lz4 *z, size_t length)
{
	if (length > (size_t)(z->end - z->in) || length > z->room - z->have)
		return false;
	memcpy(z->out + z->have, z->in, length);
	z->in += length;
	z->have += length;
	return true;
}

/* A match may reach into what it writes, so byte by byte. */
static bool lz4_match(struct lz4 *z, size_t back, size_t length)
{
	if (!back || back > z->have || length > z->room - z->have)
		return false;
	for (; length; length--, z->have++)
		z->out[z->have] = z->out[z->have - back];
	return true;
}

size_t lz4_block(const uint8_t *data, size_t size, uint8_t *out, size_t room)
{
	struct lz4 z = { .in = data, .end = data + size, .out = out, .room = room };
	size_t length, back;
	uint8_t token;

	while (z.in < z.end) {
		token = *z.in++;
		if (!lz4_length(&z, token >> 4, &length) ||
		    !lz4_literals(&z, length))
			return LZ4_DAMAGED;
		if (z.in == z.end)
			return z.have;
		if (z.end - z.in < 2)
			return LZ4_DAMAGED;
		back = z.in[0] | (size_t)z.in[1] << 8;
		z.in += 2;
		if (!lz4_length(&z, token & 15, &length) ||
		    !lz4_match(&z, back, length + MATCH_LEAST))
			return LZ4_DAMAGED;
	}
	return LZ4_DAMAGED;
}
