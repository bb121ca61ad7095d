/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/* Counters that a wedge printed on its console. */
#ifndef PREVIRT_CLI_COUNTS_LOG_H
#define PREVIRT_CLI_COUNTS_LOG_H
#include <stdbool.h>
#include <stdint.h>

/* Print those in the console log at @path; gives the exit status. */
int counts_log(const char *path, bool json);

/* One number: @word of the row @name of a @group. */
typedef void counts_log_taker(void *context, const char *group, const char *name,
			      const char *word, uint64_t value);

/* Those in the console log at @path, group by group; false after a numbered error. */
bool counts_log_each(const char *path, counts_log_taker *each, void *context);

#endif
