/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/* clock_gettime(2), timer_create(2), ppoll(2). */
#include "timer.h"
#include "console.h"
#include "debugger.h"
#include "files.h"
#include "processors.h"
#include "sys.h"
#include "../iface/vcpu.h"
#include <linux/poll.h>
#include <linux/signal.h>
#include <linux/time.h>
#include <linux/time_types.h>

#define SECOND 1000000000ull

static uint64_t timer_start;			/* of the host's clock */
static VCPU_LOCAL uint64_t timer_armed;		/* 0: it is not */
static VCPU_LOCAL int timer_number;

static uint64_t timer_host(void)
{
	struct __kernel_timespec now;

	sys_call(__NR_clock_gettime, CLOCK_MONOTONIC, (uint64_t)&now, 0, 0);
	return now.tv_sec * SECOND + now.tv_nsec;
}

static struct __kernel_timespec timer_spec(uint64_t ns)
{
	return (struct __kernel_timespec){ ns / SECOND, ns % SECOND };
}

uint64_t host_time(void)
{
	return timer_host() - timer_start;
}

long host_timer_init(int signal)
{
	struct sigevent event = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = signal };

	if (!backend_vcpu)
		timer_start = timer_host() - 1;		/* 0 means never */
	return sys_call(__NR_timer_create, CLOCK_MONOTONIC, (uint64_t)&event, (uint64_t)&timer_number, 0);
}

int host_timer_set(uint64_t when)
{
	struct __kernel_itimerspec spec = { { 0, 0 }, { 0, 0 } };

	if (when == timer_armed)
		return 0;
	timer_armed = when;
	spec.it_value = timer_spec(when ? when + timer_start : 0);
	sys_call(__NR_timer_settime, timer_number, TIMER_ABSTIME, (uint64_t)&spec, 0);
	return 1;
}

void host_timer_over(void)
{
	if (timer_armed && timer_armed <= host_time())
		timer_armed = 0;
}

/* The call also waits for the timer's time, so a signal that comes before it is not lost.
   The signal of a kick leaves no other trace; it comes before the call, or interrupts it. */
int host_wait(volatile uint8_t *pending)
{
	static const uint64_t none, all = ~0ull;
	uint64_t now = host_time(), several = backend_vcpus > 1;
	struct __kernel_timespec left = timer_spec(timer_armed > now ? timer_armed - now : 0);
	struct pollfd files[] = {
		{ .fd = host_console_waits(), .events = POLLIN },
		{ .fd = host_files_net_waits(), .events = POLLIN },
		{ .fd = host_files_share_waits(), .events = POLLIN },
		{ .fd = host_debugger_waits(), .events = POLLIN },
	};
	unsigned count = backend_vcpu ? 0 : sizeof(files) / sizeof(files[0]);
	long ready = 0;

	host_processor_leave(HOST_ASLEEP);
	if (several)
		sys_call(__NR_rt_sigprocmask, SIG_BLOCK, (uint64_t)&all, 0, sizeof(all));
	if (!*pending)
		ready = sys_call6(__NR_ppoll, (uint64_t)files, count, timer_armed ? (uint64_t)&left : 0,
				  several ? (uint64_t)&none : 0, sizeof(none), 0);
	*pending = 1;
	if (several)
		sys_call(__NR_rt_sigprocmask, SIG_SETMASK, (uint64_t)&none, 0, sizeof(none));
	return ready > 0 && files[0].revents;
}
