/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/* A script for gdb, by which it finds a guest that runs, with the right addresses. */
#ifndef PREVIRT_CLI_RUN_GDB_H
#define PREVIRT_CLI_RUN_GDB_H
#include <stdbool.h>
#include <sys/types.h>

struct run;
struct run_words;

/* The guest is in process @pid of this host, with the wedge whose file is @wedge. False
   after a numbered error. */
bool run_gdb_process(const struct run *run, pid_t pid, const char *wedge);
/* QEMU's words for a socket beside the script. False after a numbered error. */
bool run_gdb_qemu(const struct run *run, struct run_words *words);

#endif
