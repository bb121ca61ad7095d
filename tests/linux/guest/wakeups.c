/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * wakeups: looks for wake-ups lost between sti and hlt.
 *
 * An interrupt that comes while the idle loop has interrupts off is delivered
 * by sti; only because sti holds it back for one instruction does it end the
 * hlt behind it.  With anything between the two, the handler runs first and
 * hlt then sleeps through the work the handler made ready, up to the next
 * interrupt.  So sleep many times, the end of the sleep swept in small steps
 * over the whole way into the idle loop, and look at how late each one ends.
 *
 * Run under QEMU's -icount: time is then the number of instructions, every
 * step hits another one, and lateness has nothing to do with the host.
 * Copyright The previrt authors
 */
#define _GNU_SOURCE
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "guest.h"

#define LATE_NS		1000000	/* a wake-up takes some 10 us; a tick is 4 ms */
#define SWEEP_STEP_NS	40	/* five instructions at icount shift 3 */
#define SWEEP_END_NS	240000
#define TICK_SLEEPS	200

struct lateness {
	int64_t worst;
	int late, count;
};

static int64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * INT64_C(1000000000) + t.tv_nsec;
}

static void record(struct lateness *l, int64_t late)
{
	l->count++;
	if (late > LATE_NS)
		l->late++;
	if (late > l->worst)
		l->worst = late;
}

static int report(const struct lateness *l, const char *what)
{
	printf("# %s: worst %lld ns, %d late\n", what, (long long)l->worst, l->late);
	return guest_check(l->late == 0, "%s: %d wake-ups in time", what, l->count);
}

static int sweep_nanosleep(void)
{
	struct lateness l = { 0 };
	int64_t d;

	for (d = 1000; d < SWEEP_END_NS; d += SWEEP_STEP_NS) {
		struct timespec t = { .tv_nsec = d };
		int64_t start = now_ns();

		clock_nanosleep(CLOCK_MONOTONIC, 0, &t, NULL);
		record(&l, now_ns() - start - d);
	}
	return report(&l, "nanosleep");
}

static int sweep_timerfd(void)
{
	int fd = timerfd_create(CLOCK_MONOTONIC, 0);
	struct lateness l = { 0 };
	int64_t d;

	for (d = 1000; d < SWEEP_END_NS; d += 4 * SWEEP_STEP_NS) {
		struct itimerspec t = { .it_value.tv_nsec = d };
		struct pollfd p = { .fd = fd, .events = POLLIN };
		int64_t start = now_ns();
		uint64_t n;

		timerfd_settime(fd, 0, &t, NULL);
		if (poll(&p, 1, -1) != 1 || read(fd, &n, sizeof(n)) != sizeof(n))
			return guest_check(0, "timerfd");
		record(&l, now_ns() - start - d);
	}
	close(fd);
	return report(&l, "timerfd");
}

/* Sleeps across several ticks, where the idle loop stops the tick. */
static int long_sleeps(void)
{
	struct lateness l = { 0 };
	int i;

	for (i = 0; i < TICK_SLEEPS; i++) {
		int64_t d = 5000000 + i * INT64_C(60013);
		struct timespec t = { .tv_nsec = d };
		int64_t start = now_ns();

		clock_nanosleep(CLOCK_MONOTONIC, 0, &t, NULL);
		record(&l, now_ns() - start - d);
	}
	return report(&l, "long sleeps");
}

/* A sleeper wakes another process through a pipe, which wakes it in turn. */
static int pipe_ping(void)
{
	struct lateness l = { 0 };
	int to[2], from[2], status, i;
	int64_t stamp;
	pid_t pid;

	if (pipe(to) || pipe(from))
		return guest_check(0, "pipe");
	pid = fork();
	if (pid == 0) {
		close(to[1]);
		while (read(to[0], &stamp, sizeof(stamp)) == sizeof(stamp)) {
			stamp = now_ns() - stamp;
			if (write(from[1], &stamp, sizeof(stamp)) != sizeof(stamp))
				_exit(1);
		}
		_exit(0);
	}
	/* Not the first, which waits for the new process to come to life. */
	for (i = -1; i < 1000; i++) {
		struct timespec t = { .tv_nsec = 20000 + i * 97 };

		clock_nanosleep(CLOCK_MONOTONIC, 0, &t, NULL);
		stamp = now_ns();
		if (write(to[1], &stamp, sizeof(stamp)) != sizeof(stamp) ||
		    read(from[0], &stamp, sizeof(stamp)) != sizeof(stamp))
			break;
		if (i >= 0)
			record(&l, stamp);
	}
	close(to[1]);
	waitpid(pid, &status, 0);
	return report(&l, "pipe ping") | guest_check(status == 0, "pipe child");
}

/*
 * Until the kernel trusts its clock, timers go by the tick and every sleep ends
 * late. Without a second clock to check the first that takes some seconds.
 */
static int wait_for_timers(void)
{
	struct timespec resolution, t = { .tv_nsec = 100000000 };
	int i;

	for (i = 0; i < 200; i++) {
		clock_getres(CLOCK_MONOTONIC, &resolution);
		if (!resolution.tv_sec && resolution.tv_nsec < LATE_NS)
			break;
		clock_nanosleep(CLOCK_MONOTONIC, 0, &t, NULL);
	}
	return guest_check(i < 200, "timers of high resolution");
}

int test_wakeups(void)
{
	int bad = wait_for_timers();

	prctl(PR_SET_TIMERSLACK, 1);
	bad |= sweep_nanosleep();
	bad |= sweep_timerfd();
	bad |= long_sleeps();
	bad |= pipe_ping();
	return bad;
}
