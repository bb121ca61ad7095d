/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/* The clock, timers, which send a signal, and events. */
#include "process.h"
#include "../../host/console.h"
#include "../../host/timer.h"
#include <linux/signal.h>

uint64_t backend_time(void)
{
	return host_time();
}

void backend_timer_set(uint64_t when)
{
	process_calls[CALL_TIMER] += host_timer_set(when);
}

void backend_wait(void)
{
	int has_input;

	process_calls[CALL_WAIT] += !process_pending;
	has_input = host_wait(&process_pending);
	process_vcpu_back();
	if (has_input)
		host_console_tell();
}

int backend_events(void)
{
	if (!__atomic_exchange_n(&process_pending, 0, __ATOMIC_SEQ_CST))
		return 0;
	host_timer_over();
	return 1;
}

/* What sets IF enters the wedge in any case. */
void backend_remind(void)
{
}

void process_time_init(void)
{
	process_must("a timer", host_timer_init(SIGALRM));
	if (!backend_vcpu)
		process_must("the console", host_console_init());
}
