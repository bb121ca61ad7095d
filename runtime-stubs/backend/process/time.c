/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * The clock, and one timer of the host's, which sends a signal: timer_create(2).
 */
#include "process.h"
#include "../../host/console.h"
#include "../../host/files.h"
#include <linux/poll.h>
#include <linux/signal.h>
#include <linux/time.h>
#include <linux/time_types.h>

#define SECOND 1000000000ull

VCPU_LOCAL unsigned backend_vcpu;
unsigned backend_vcpus = 1;

static uint64_t time_start, time_armed;	/* ns of the host's clock; armed 0: not */
static int time_timer;

static uint64_t time_host(void)
{
	struct __kernel_timespec now;

	sys_call(__NR_clock_gettime, CLOCK_MONOTONIC, (uint64_t)&now, 0, 0);
	return now.tv_sec * SECOND + now.tv_nsec;
}

static struct __kernel_timespec time_spec(uint64_t ns)
{
	return (struct __kernel_timespec){ ns / SECOND, ns % SECOND };
}

uint64_t backend_time(void)
{
	return time_host() - time_start;
}

void backend_timer_set(uint64_t when)
{
	struct __kernel_itimerspec spec = { { 0, 0 }, { 0, 0 } };
	uint64_t host = when ? when + time_start : 0;

	if (host == time_armed)
		return;
	time_armed = host;
	spec.it_value = time_spec(host);
	process_calls[CALL_TIMER]++;
	sys_call(__NR_timer_settime, time_timer, TIMER_ABSTIME, (uint64_t)&spec, 0);
}

/* The timer's time is waited for here, too, so a signal that comes first is no loss. */
void backend_wait(void)
{
	uint64_t now = time_host();
	struct __kernel_timespec left = time_spec(time_armed > now ? time_armed - now : 0);
	struct pollfd files[] = {
		{ .fd = host_console_waits(), .events = POLLIN },
		{ .fd = host_files_net_waits(), .events = POLLIN },
		{ .fd = host_files_share_waits(), .events = POLLIN },
	};

	if (process_pending)
		return;
	process_calls[CALL_WAIT]++;
	if (sys_call6(__NR_ppoll, (uint64_t)files, sizeof(files) / sizeof(files[0]),
		      time_armed ? (uint64_t)&left : 0, 0, 0, 0) > 0 && files[0].revents)
		host_console_tell();
	process_pending = 1;
}

int backend_events(void)
{
	if (!__atomic_exchange_n(&process_pending, 0, __ATOMIC_SEQ_CST))
		return 0;
	/* By the guest's clock it may have come too early: it is set again, then. */
	if (time_armed && time_armed <= time_host())
		time_armed = 0;
	return 1;
}

/* What sets IF enters the wedge in any case. */
void backend_remind(void)
{
}

/* One processor: nobody else is there. */
void backend_vcpu_start(unsigned vcpu)
{
	(void)vcpu;
	wedge_stop("there is one processor alone");
}

void backend_kick(unsigned vcpu)
{
	(void)vcpu;
}

void process_time_init(void)
{
	struct sigevent event = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGALRM };

	time_start = time_host() - 1;	/* 0 means never */
	process_must("a timer", sys_call(__NR_timer_create, CLOCK_MONOTONIC, (uint64_t)&event,
					 (uint64_t)&time_timer, 0));
	process_must("the console", host_console_init());
}
