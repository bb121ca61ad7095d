/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * Lists of faults: which instruction touched a page table or a device without
 * being a site. The forms of a line stand in previrt(1); there is a check for
 * each in tests/memory/learn.
 *
 * Must not know: images, tables, guest files.
 */
#ifndef PREVIRT_CLI_LEARN_LOG_H
#define PREVIRT_CLI_LEARN_LOG_H
#include "util.h"

/* A place in code: "ffffffff81000000" or "name+0x12". */
struct learn_place {
	bool given;
	char *symbol;           /* NULL: addr is the address itself */
	uint64_t addr;          /* with a symbol: the distance from it */
};

struct learn_fault {
	struct learn_place at;  /* the instruction */
	struct learn_place caller; /* where it returns to, if its function was called */
	unsigned int space;     /* PREVIRT_SPACE_*; 0: the line does not say */
	uint64_t count;
	const char *file;       /* where the line stands; as given to learn_read */
	size_t line;
	bool found;             /* for the reader's use */
};

struct learn_log {
	ARRAY_OF(struct learn_fault) faults;
	size_t passed;          /* lines that told of no fault */
};

/* Add the faults in the file at @path ("-": standard input). False after an
   error; what was read before it stays. */
bool learn_read(struct learn_log *log, const char *path);
void learn_free(struct learn_log *log);

/* The number of a space by its name, or 0. */
unsigned int learn_space(const char *name);

#endif
