/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright The previrt authors */
/*
 * The unit being compiled: whether it is left alone, and the text that its
 * assembly starts with.
 */
#ifndef PREVIRT_UNIT_H
#define PREVIRT_UNIT_H

#include "arguments.h"

/* The plugin's arguments; set before any pass runs. */
extern struct previrt_options previrt_options;

/*
 * Is this unit left as it is? By its options (code for real mode), by what it
 * defines (Linux's vDSO), by the default list or by exclude-file.
 */
bool unit_is_excluded();

/* The argument of an option ("" if it takes none), the last one's; NULL: not given. */
const char *unit_option(size_t index);

/*
 * Is this no assembler file, though it is preprocessed as one: a linker script
 * or a device tree (-P or -undef, and not written to a .s or .S file)?
 */
bool unit_is_no_assembly();

/* Does a pattern fit one of the names that the unit goes by? */
bool unit_fits(const char *glob);

/* Does this run of the compiler write instructions that the pack must see? */
bool unit_has_assembly();

/* Print settings, pack and stubs into the assembly. */
void unit_print_pack();

#endif
