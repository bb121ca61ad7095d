/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/* Hypercalls, by kind. Those of entry.S that end an event are not among them. */
#include "xenpv.h"
#include "../backend.h"
#include "../../wedge/print.h"

#define NAME(call) [__HYPERVISOR_##call] = #call

static const char *const names[XENPV_CALLS] = {
	NAME(set_trap_table), NAME(mmu_update), NAME(set_gdt), NAME(stack_switch),
	NAME(fpu_taskswitch), NAME(set_debugreg), NAME(get_debugreg), NAME(update_descriptor),
	NAME(update_va_mapping), NAME(set_timer_op), NAME(console_io), NAME(iret), NAME(vcpu_op),
	NAME(set_segment_base), NAME(mmuext_op), NAME(sched_op), NAME(callback_op),
	NAME(event_channel_op), NAME(physdev_op),
};

uint64_t backend_hypercalls(void)
{
	uint64_t all = 0;

	for (unsigned i = 0; i < XENPV_CALLS; i++)
		all += xenpv_calls[i];
	return all;
}

void backend_print_counters(void)
{
	xenpv_tables_print_counters();
	for (unsigned i = 0; i < XENPV_CALLS; i++) {
		if (!wedge_counter_sum(&xenpv_calls[i]))
			continue;
		wedge_print("previrt: count hypercall %s", names[i] ? names[i] : "other");
		wedge_print_counter("calls", &xenpv_calls[i]);
		if (wedge_counter_sum(&xenpv_entries[i]))
			wedge_print_counter("entries", &xenpv_entries[i]);
		wedge_print("\n");
	}
}
