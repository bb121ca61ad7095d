/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * Walks all executable sections of an image instruction by instruction.
 *
 * Decoding is linear from symbol to symbol: it starts afresh at every symbol,
 * so that what one stretch of data does to the decoder ends there. Symbols of
 * type object are passed over. Sections without symbols are walked whole.
 */
#ifndef PREVIRT_CLI_SCAN_H
#define PREVIRT_CLI_SCAN_H
#include "decode.h"
#include "exempt.h"
#include "image.h"

/* A sensitive instruction that was found. */
struct found {
	uint64_t addr;          /* of its first prefix */
	uint8_t op, len;
	enum decode_mode mode;
};

/* Bytes that are no instruction. */
struct gap {
	uint64_t addr, size;
};

struct scan {
	ARRAY_OF(struct found) found;           /* by section, then address */
	ARRAY_OF(struct gap) gaps;
	ARRAY_OF(uint64_t) targets;             /* of direct branches, sorted */
	uint8_t **starts;       /* by section: a bit for each instruction's start */
	const struct image *image;
	struct exempt_range *modes;             /* a copy, see scan_leave_mode */
	size_t mode_count;
	uint64_t insns, bytes, data;            /* data: bytes passed over */
};

/*
 * Scan @image. @map may be NULL (then all code is of the image's own mode).
 * Branch targets and starts are kept only if @keep is set.
 */
struct scan *scan_image(const struct image *image, const struct exempt_map *map,
			bool keep);
void scan_free(struct scan *scan);

/* Does an instruction start at @addr? Needs keep. */
bool scan_is_start(const struct scan *scan, uint64_t addr);

/* The first branch target in (@after, @before), or 0. Needs keep. */
uint64_t scan_target_between(const struct scan *scan, uint64_t after,
			     uint64_t before);

/* The mode of the code at @addr. */
enum decode_mode scan_mode(const struct scan *scan, uint64_t addr);

#endif
