/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright The previrt authors */
/*
 * The guest file of this compilation, and what it says of the compiler's
 * declarations and types.
 */
#ifndef PREVIRT_GUEST_LOAD_H
#define PREVIRT_GUEST_LOAD_H

#include "guest.h"

/*
 * Find and read a guest file, beside those read before: a name without a slash in the directory guests
 * beside the plugin (its path is given) or in share/previrt/guests of the same
 * prefix; with a slash it is a path. Reports errors; false if there was one.
 */
bool guest_load(const char *name, const char *plugin);

/* Was a guest file loaded? */
bool guest_is_loaded();

/* The hook of a function at its entry or exit, or NULL. */
const struct guest_entry *guest_hook(tree decl, bool at_exit);

/* The accessor or device of this kind that a line of a function is, or NULL. */
const struct guest_entry *guest_at_line(tree decl, enum guest_kind kind, unsigned line);

/* Is this function or this unit to be left alone? */
bool guest_leaves_function(tree decl);
bool guest_leaves_unit();

/*
 * The level of the page-table entry that a reference to memory names, 0 if it
 * is none: a local variable, a field of another structure, another type.
 */
unsigned memory_type_level(tree reference);

/* The same for what a pointer points to. */
unsigned memory_type_pointer(tree pointer);

#endif
