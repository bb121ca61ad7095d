/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * A filter of system calls for this process of a Linux host and its children
 * (seccomp(2)). A call from an address that is not allowed, or by the 32-bit
 * interface, raises SIGSYS. Any other call that is not allowed kills the process.
 */
#ifndef PREVIRT_HOST_FILTER_H
#define PREVIRT_HOST_FILTER_H
#include <linux/filter.h>
#include <stdint.h>

#define HOST_FILTER_ROOM 256u
/* The caller owns it, because processes that share memory may make their filters at the same
   time. */
struct host_filter {
	struct sock_filter statements[HOST_FILTER_ROOM];
	unsigned length;
};

/* Three parts, in this order. First the addresses: @count places whose upper half counts,
   and the code from a multiple of 4 GiB to @end. */
void host_filter_places(struct host_filter *filter, const uint64_t *places, unsigned count,
			uint64_t end);
/* Then a call that is allowed on the files from @first to before @last only. */
void host_filter_file_call(struct host_filter *filter, uint32_t call, uint32_t first, uint32_t last);
/* Then @count calls; the filter is in force afterwards. Returns 0, or an error of the host,
   negated. */
long host_filter_calls(struct host_filter *filter, const uint32_t *calls, unsigned count);

#endif
