/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/* Asks a compiler: its version, or whether it takes a plugin. */
#ifndef PREVIRT_CLI_COMPILER_H
#define PREVIRT_CLI_COMPILER_H
#include <stdbool.h>
#include <stddef.h>

/* What this compiler answers to. */
#define COMPILER_VERSION "-dumpfullversion"	/* GCC alone knows it */

/*
 * Run @cc (words split at blanks) with @arguments (NULL behind the last). Its first line
 * of output, with @errors that of standard error, is put into @answer of @room bytes.
 * True if it ended with status 0.
 */
bool compiler_run(const char *cc, const char *const *arguments, bool errors, char *answer,
		  size_t room);

/* Its version such as "12.2.0" in @answer; the major number, or -1 if it is no GCC. */
int compiler_major(const char *cc, char *answer, size_t room);

/* $CC, or gcc. */
const char *compiler_default(void);

#endif
