/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright The previrt authors */
/*
 * Parts of a kernel whose sites are treated otherwise than the rest: recorded
 * without a pad, or with entries that reach code wherever it is linked.
 */
#ifndef PREVIRT_PARTS_H
#define PREVIRT_PARTS_H

/* Bits; asm_template.h calls them marks. */
enum { PART_WIDE = 1, PART_RECORD = 2 };

/* What holds for the whole unit. */
unsigned parts_of_unit();

/* What holds in a section of this name, the unit's own among it. */
unsigned parts_of_section(const char *name, size_t size);

/* What holds in a function, its section's and the unit's among it. */
unsigned parts_of_function(tree decl);

#endif
