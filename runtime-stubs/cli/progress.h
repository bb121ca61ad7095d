/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * How far a command is: one line of standard error, from its third second on, and only
 * on a terminal. All that is written otherwise stays as it is.
 */
#ifndef PREVIRT_CLI_PROGRESS_H
#define PREVIRT_CLI_PROGRESS_H
#include <stdint.h>

/* @done of @total bytes of this @part of @file are looked at. For each instruction. */
void progress_at(const char *file, const char *part, uint64_t done, uint64_t total);

/* The same for what takes a millisecond each: it looks at the clock every time. */
void progress_now(const char *file, const char *part, uint64_t done, uint64_t total);

/* Take the line away: other words follow. */
void progress_end(void);

#endif
