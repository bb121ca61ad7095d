/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/* Counters of the host's system calls by kind; the end when the host refuses one. */
#include "process.h"
#include "../../host/console.h"
#include "../../wedge/print.h"
#include "../../wedge/wedge.h"

uint64_t process_calls[PROCESS_CALLS];

void process_refused(const char *what, long result)
{
	wedge_print("previrt: the host refuses %s: error %ld\n", what, -result);
	wedge_stop("a system call has failed");
}

uint64_t backend_hypercalls(void)
{
	uint64_t all = host_console_calls;

	for (unsigned i = 0; i < PROCESS_CALLS; i++)
		all += process_calls[i];
	return all;
}
