/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * Data among code: bytes that decode as a sensitive instruction and are none.
 *
 * Invariant: bytes are called data only if no function symbol holds them, no
 * site of the table is among them, neither the entry nor a direct branch from
 * elsewhere leads there, nothing falls through to them, and they do not read as
 * code in any mode, or are text, a boot loader's header or of type object.
 */
#ifndef PREVIRT_CLI_TOLD_H
#define PREVIRT_CLI_TOLD_H
#include "exempt.h"
#include "scan.h"

/* Data that was told, with the number of instructions it decodes as. */
struct told_part {
	uint64_t addr, size;
	const char *what;
	size_t found;
};

struct told {
	const struct image *image;
	const struct exempt_map *map;
	const struct table *table;
	struct scan *scan;      /* with edges; made when first needed */
	ARRAY_OF(struct told_part) part;
	unsigned int asked;     /* judgements on the way to one answer */
	uint64_t steps;         /* of all answers, see told.c */
	uint64_t hinted;        /* the end of what was named last */
};

/*
 * Is the byte at @addr data? It is noted then. @insn: it decodes as a sensitive
 * instruction, and else as none.
 */
bool told_is_data(struct told *told, uint64_t addr, bool insn);

/*
 * An exemption's name for the bytes around @addr if they may be data; to be
 * freed. NULL: they are a function's, or were named before.
 */
char *told_hint(struct told *told, uint64_t addr);

void told_free(struct told *told);

#endif
