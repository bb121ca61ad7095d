/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright The previrt authors */
/*
 * The plugin's numbered diagnostics. Text, cause and cure: diagnostics.def.
 */
#ifndef PREVIRT_PLUGIN_DIAGNOSTICS_H
#define PREVIRT_PLUGIN_DIAGNOSTICS_H

/*
 * Report the diagnostic with this number as an error of the compiler; the
 * arguments are those of its text.
 */
void plugin_error(int number, ...);

/* The same as a note, which is no error even with -Werror. */
void plugin_note(location_t where, int number, ...);

/* The text of a diagnostic: a format for printf. Never NULL. */
const char *plugin_text(int number);

#endif
