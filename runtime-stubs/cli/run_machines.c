/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/* The machines that `previrt run --on=' knows, in the order in which they are offered. */
#include "run.h"

extern const struct run_machine run_xen;	/* run_xen.c */

const struct run_machine *const run_machines[] = { &run_xen, &run_native, &run_process, NULL };
