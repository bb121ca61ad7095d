/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/* A folder for perf report --symfs, by which it names the functions of a guest's kernel. */
#ifndef PREVIRT_CLI_RUN_PERF_H
#define PREVIRT_CLI_RUN_PERF_H
#include <stdbool.h>

struct run;

/* Of run->kernel, in a process of this host whose program is @wedge, into run->perf. False
   after a numbered error. */
bool run_perf(const struct run *run, const char *wedge);

#endif
