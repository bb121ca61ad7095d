/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/* Counters that a wedge printed on its console. */
#ifndef PREVIRT_CLI_COUNTS_LOG_H
#define PREVIRT_CLI_COUNTS_LOG_H
#include <stdbool.h>

/* Print those in the console log at @path; gives the exit status. */
int counts_log(const char *path, bool json);

#endif
