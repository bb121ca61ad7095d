/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright The previrt authors */
/*
 * Operations on memory in functions that the guest file names (accessor,
 * device), whatever their operands' types.
 */
#ifndef PREVIRT_NAMED_H
#define PREVIRT_NAMED_H

/*
 * Mark a statement if its function is named, or its line in it. Early, right
 * after the CFG is built, a function holds its own statements only, and their
 * marks go where it is inlined; late, it holds what was inlined into it too.
 */
void named_mark(gimple *stmt, bool early);

/*
 * From pass_memory.c: mark a statement; the template of an assembly with its
 * instructions as sites; and is this a function that fills or copies what its
 * first argument points to?
 */
void memory_set_mark(gimple *stmt, unsigned space, bool bulk);
void memory_rewrite(gasm *stmt, const char *space, const char *mov, unsigned width,
		    bool fills = false);
bool memory_is_bulk(tree function);

/* The bytes that a reference to memory names, 0 if too many for one access. */
unsigned memory_width(tree reference);

#endif
