/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/* What every hypercall needs, and what Xen has handed over. */
#include "xenpv.h"
#include "../../wedge/entry.h"
#include "../../wedge/print.h"

struct start_info *xenpv_start_info;
VCPU_LOCAL uint64_t xenpv_calls[XENPV_CALLS], xenpv_entries[XENPV_CALLS];

void xenpv_refused(const char *what, long result)
{
	wedge_print("previrt: Xen refuses %s: error %ld\n", what, -result);
	wedge_stop("hypercall failed");
}
