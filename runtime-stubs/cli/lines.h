/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * Source lines from debug information (DWARF, read by libdw).
 *
 * Files without it, or with damaged one, simply have no lines. Rows are read
 * for the whole file when first asked for.
 */
#ifndef PREVIRT_CLI_LINES_H
#define PREVIRT_CLI_LINES_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct image;

struct line {
	uint64_t addr;
	const char *file;       /* NULL: the end of a sequence */
	int line;
};

struct lines;

/* All rows by address; *count may be 0. Owned by the image. */
const struct line *lines_all(struct image *image, size_t *count);

/* The row that covers @addr, or NULL. */
const struct line *lines_at(struct image *image, uint64_t addr);

/* The function that an instruction is in, in the source. */
struct function {
	const char *name;       /* owned by the image */
	bool assembler;         /* of an assembler file; the name is its file's then */
};

/* The innermost function inlined at @addr; false without debug information. */
bool lines_function(struct image *image, uint64_t addr, struct function *function);

/* Frees what lines_all read; NULL is allowed. */
void lines_free(struct lines *lines);

#endif
