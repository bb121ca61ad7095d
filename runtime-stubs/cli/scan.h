/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * Walks all code of an image instruction by instruction.
 *
 * Decoding of executable sections is linear from symbol to symbol: it starts
 * afresh at every symbol, so that what one stretch of data does to the decoder
 * ends there. Symbols of type object are passed over. Sections without symbols
 * are walked whole. A stretch that is no code of the image's mode, or does not
 * hold the sites that the table has in it, and is code of another mode, is taken
 * for that.
 *
 * Of other sections, what is reached is walked: from the entry, symbols of type
 * function, ranges that an exemption file calls code, and direct branches (scan_reach.c).
 */
#ifndef PREVIRT_CLI_SCAN_H
#define PREVIRT_CLI_SCAN_H
#include "decode.h"
#include "exempt.h"
#include "image.h"
#include "table.h"

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

/* A direct branch, or with @address an address taken by lea. */
struct edge {
	uint64_t target, source;
	bool address;
};

struct scan {
	ARRAY_OF(struct found) found;           /* by section, then address */
	ARRAY_OF(struct gap) gaps;
	ARRAY_OF(struct edge) edges;            /* by target */
	ARRAY_OF(uint64_t) beyond;              /* targets outside executable sections */
	uint8_t **starts;       /* by section: a bit for each instruction's start */
	uint8_t **reached;      /* the same, outside executable sections */
	const struct image *image;
	const struct table *table;
	struct exempt_range *modes;             /* a copy, see scan_leave_mode */
	size_t mode_count, guessed;             /* guessed: of them, told by the bytes */
	size_t next_site;                       /* in the section that is walked */
	uint64_t insns, bytes, data;            /* data: bytes passed over */
	uint64_t zeros, texts;                  /* instructions made of noughts; text met */
	bool ended, keep;                       /* ended: the last one does not go on */
};

/*
 * Scan @image. @map may be NULL (then all code is of the image's own mode), and
 * so may @table. Edges and starts are kept only if @keep is set.
 */
struct scan *scan_image(const struct image *image, const struct exempt_map *map,
			const struct table *table, bool keep);
void scan_free(struct scan *scan);

/* Does an instruction start at @addr? Needs keep. */
bool scan_is_start(const struct scan *scan, uint64_t addr);

/* Was this byte looked at as code: an executable section, or reached elsewhere? */
bool scan_is_code(const struct scan *scan, uint64_t addr);

/* The first branch target in (@after, @before), or 0. Needs keep. */
uint64_t scan_target_between(const struct scan *scan, uint64_t after,
			     uint64_t before);

/* Index of the first edge whose target is at or behind @addr. Needs keep. */
size_t scan_edge_index(const struct scan *scan, uint64_t addr);

/* The mode of the code at @addr. */
enum decode_mode scan_mode(const struct scan *scan, uint64_t addr);

/* Scan's own: take down what one decoded instruction at @at is. */
void scan_take(struct scan *scan, const struct section *s, uint64_t at,
	       const struct decoded *insn, enum decode_mode mode);
void scan_gap(struct scan *scan, uint64_t addr);

enum decode_mode scan_own_mode(const struct scan *scan);

/* Walk [@from, @to) of @s, all of one mode; returns where that mode ended. */
uint64_t scan_stretch(struct scan *scan, const struct section *s, uint64_t from,
		      uint64_t to, enum decode_mode mode);

/* scan_guess.c: the same for a stretch whose mode no exemption file names. */
void scan_guess(struct scan *scan, const struct section *s, uint64_t from, uint64_t to);

/* scan_reach.c: walk what is reached outside executable sections. */
void scan_reach(struct scan *scan, const struct exempt_map *map);

#endif
