/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * offline: processors are turned off and on again, all but the first, alone and
 * together, and then do to each other what `processors' has.
 * Copyright The previrt authors
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <unistd.h>
#include "guest.h"

#define ROUNDS 3

static int turn(int cpu, const char *to)
{
	char path[64];
	int fd, bad;

	snprintf(path, sizeof(path), "/sys/devices/system/cpu/cpu%d/online", cpu);
	fd = open(path, O_WRONLY);
	bad = fd < 0 || write(fd, to, 1) != 1;
	if (fd >= 0)
		close(fd);
	return bad;
}

/* Can this process run there? */
static int runs_on(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	return !sched_setaffinity(0, sizeof(set), &set) && sched_getcpu() == cpu;
}

static int off_and_on(int first, int end)
{
	int bad = 0;

	for (int cpu = first; cpu < end; cpu++)
		bad |= turn(cpu, "0");
	for (int cpu = first; cpu < end; cpu++)
		bad |= runs_on(cpu);
	bad |= sysconf(_SC_NPROCESSORS_ONLN) == sysconf(_SC_NPROCESSORS_CONF);
	for (int cpu = first; cpu < end; cpu++)
		bad |= turn(cpu, "1") || !runs_on(cpu);
	bad |= !runs_on(0);
	return bad;
}

int test_offline(void)
{
	int count = sysconf(_SC_NPROCESSORS_ONLN), bad = 0;

	for (int round = 0; round < ROUNDS; round++) {
		for (int cpu = 1; cpu < count; cpu++)
			bad |= guest_check(!off_and_on(cpu, cpu + 1), "%d off and on", cpu);
		bad |= guest_check(!off_and_on(1, count), "all but one off and on");
	}
	return test_processors() | bad;
}
