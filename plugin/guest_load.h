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
 * Reads a guest file in addition to those read before. A @name without a slash is a file in the
 * directory guests beside the plugin, whose path is @plugin, or in share/previrt/guests of the
 * same prefix. With a slash it is a path. @lines: the first words of the lines that count, as
 * guest_words accepts them; NULL: all. Reports errors; false if there was one.
 */
bool guest_load(const char *name, const char *plugin, const char *lines);

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
