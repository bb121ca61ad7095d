/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * previrt run: a program beside the wedge, at the other end of a socket of the wedge's. It
 * says "ready" when it can begin, and ends when the socket is closed everywhere.
 */
#ifndef PREVIRT_CLI_RUN_HELPER_H
#define PREVIRT_CLI_RUN_HELPER_H
#include "util.h"
#include <sys/types.h>

/*
 * Starts the wedge's program @name with the words behind it in @words, which ends with NULL
 * and whose first word is filled in. The socket that leads there, or -1 with what is wrong
 * in *@said, to be freed. *@pid: for run_helper_wait.
 */
int run_helper_start(const char *name, char **words, pid_t *pid, char **said);
void run_helper_wait(pid_t pid);

#endif
