/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * Random bytes from a seed: ChaCha20 (RFC 8439, 2.3), whose key is replaced by each
 * block, so that nothing tells what was given before.
 */
#ifndef PREVIRT_WEDGE_ENTROPY_H
#define PREVIRT_WEDGE_ENTROPY_H
#include "../bus/entropy.h"
#include <stdint.h>

#define ENTROPY_SEED 32u	/* bytes */

struct entropy {
	struct bus_entropy source;
	uint32_t key[8];
};

/* @seed: so many bytes that nobody else knows. */
void entropy_init(struct entropy *entropy, const void *seed);

/* One block of RFC 8439, 2.3: state in, 64 bytes out. */
void entropy_block(const uint32_t state[16], uint32_t out[16]);

#endif
