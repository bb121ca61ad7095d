/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/* Delivery of exceptions to the guest; the wedge stops if it fails. */
#include "entry.h"
#include "wedge.h"
#include "print.h"

const struct wedge_debugger *wedge_debugger;

void wedge_deliver(const struct cpu_fault *fault, int software)
{
	if (cpu_deliver(&previrt_cpu, fault, software)) {
		wedge_print("previrt: vector %u error %x address %lx cannot be delivered\n",
			    fault->vector, fault->error, fault->address);
		wedge_stop("triple fault");
	}
}

void wedge_debug(int stepping)
{
	struct cpu_fault step = { .vector = VECTOR_DB };

	previrt_cpu.dr[6] |= (stepping ? DR6_BS : 0) | previrt_cpu.watched;
	previrt_cpu.dr[7] &= ~(uint64_t)DR7_GD;
	wedge_deliver(&step, 0);
}
