/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * Numbered diagnostics. Their numbers, causes and cures stand in
 * diagnostics.def (the plugin's in plugin/diagnostics.def) and nowhere else;
 * docs/diagnostics.md is printed from them.
 *
 * Errors and warnings go to standard error. Findings about a file are results
 * and go to standard output, through report.h.
 */
#ifndef PREVIRT_CLI_DIAG_H
#define PREVIRT_CLI_DIAG_H
#include <stdbool.h>
#include <stddef.h>

/* Exit statuses of every command. */
enum { EXIT_CLEAN = 0, EXIT_FINDINGS = 1, EXIT_TROUBLE = 2 };

enum diag {
#define DIAG(number, name, text, cause, cure) DIAG_##name = number,
#include "diagnostics.def"
#undef DIAG
};

struct diag_info {
	int number;
	const char *text, *cause, *cure;
};

extern const struct diag_info diag_list[];
extern const size_t diag_count;

/* NULL if there is no such number. */
const struct diag_info *diag_find(int number);

/* "previrt: PV401: FILE: message" on standard error; @file may be NULL. */
void diag_error(enum diag number, const char *file, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* The same with the word "warning". */
void diag_warn(enum diag number, const char *file, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Colours on this stream (1 or 2)? Only a terminal's, and not with NO_COLOR. */
bool diag_colour(int stream);

#endif
