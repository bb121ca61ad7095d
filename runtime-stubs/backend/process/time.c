/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * The clock, one timer of the host's, which sends a signal, and the console, whose input
 * sends another. timer_create(2), fcntl(2) F_SETSIG.
 */
#include "process.h"
#include "../../host/files.h"
#include <asm-generic/errno.h>
#include <linux/fcntl.h>
#include <linux/poll.h>
#include <linux/signal.h>
#include <linux/socket.h>
#include <linux/time.h>
#include <linux/time_types.h>

#define SECOND 1000000000ull
#define CONSOLE_FLAGS 0x40u		/* MSG_DONTWAIT */

VCPU_LOCAL unsigned backend_vcpu;
unsigned backend_vcpus = 1;

static uint64_t time_start, time_armed;	/* ns of the host's clock; armed 0: not */
static int time_timer;
static uint8_t time_closed;		/* the console has no more input, ... */
static uint8_t time_told;		/* has some that nobody has read since it was told */

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
		{ .fd = time_closed || time_told ? -1 : FILE_CONSOLE, .events = POLLIN },
		{ .fd = host_files_net_waits(), .events = POLLIN },
		{ .fd = host_files_share_waits(), .events = POLLIN },
	};

	if (process_pending)
		return;
	process_calls[CALL_WAIT]++;
	if (sys_call6(__NR_ppoll, (uint64_t)files, sizeof(files) / sizeof(files[0]),
		      time_armed ? (uint64_t)&left : 0, 0, 0, 0) > 0 && files[0].revents)
		time_told = 1;
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

void backend_console_write(const char *text, size_t length)
{
	while (length) {
		long n = sys_call(__NR_write, FILE_CONSOLE, (uint64_t)text, length, 0);

		process_calls[CALL_CONSOLE]++;
		if (n == -EINTR)
			continue;
		if (n <= 0)
			return;		/* nobody listens */
		text += n;
		length -= n;
	}
}

size_t backend_console_read(char *text, size_t size)
{
	long n;

	if (time_closed)
		return 0;
	time_told = 0;
	process_calls[CALL_CONSOLE]++;
	n = sys_call6(__NR_recvfrom, FILE_CONSOLE, (uint64_t)text, size, CONSOLE_FLAGS, 0, 0);
	time_closed = !n;
	return n > 0 ? n : 0;
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
	long flags;

	time_start = time_host() - 1;	/* 0 means never */
	process_must("a timer", sys_call(__NR_timer_create, CLOCK_MONOTONIC, (uint64_t)&event,
					 (uint64_t)&time_timer, 0));
	flags = process_must("the console", sys_call(__NR_fcntl, FILE_CONSOLE, F_GETFL, 0, 0));
	sys_call(__NR_fcntl, FILE_CONSOLE, F_SETOWN, sys_call(__NR_getpid, 0, 0, 0, 0), 0);
	sys_call(__NR_fcntl, FILE_CONSOLE, F_SETFL, flags | FASYNC, 0);
}
