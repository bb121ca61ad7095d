/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * Work without waiting in loops: on each processor some processes at once fork children
 * that map, touch, protect and unmap memory, and half of whom move to the next processor;
 * pairs of them hand a byte to and fro. All of it twice; the second time is measured.
 * Run in the guest, as /forks.
 */
#define _GNU_SOURCE
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define PAGE 4096ul
#define PAGES 64
#define EACH 3			/* processes of a processor */
#define CHILDREN 20
#define BYTES 100

int measured(void);
void done(int bad);

static void stay_on(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	sched_setaffinity(0, sizeof(set), &set);
}

static int touch_and_end(void)
{
	char *p = mmap(NULL, PAGES * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		return 1;
	for (int i = 0; i < PAGES; i++)
		p[i * PAGE] = i;
	mprotect(p, PAGES / 2 * PAGE, PROT_READ);
	for (int i = 0; i < PAGES; i++)
		if (p[i * PAGE] != (char)i)
			return 2;
	return munmap(p, PAGES * PAGE) ? 3 : 0;
}

static int fork_one(int cpu, int count, int i)
{
	int status;
	pid_t pid = fork();

	if (!pid) {
		if (i % 2)
			stay_on((cpu + i) % count);
		_exit(touch_and_end());
	}
	return pid < 0 || waitpid(pid, &status, 0) != pid || status;
}

/* A byte to and fro between two processes of a processor. */
static int hand_over(void)
{
	int there[2], back[2], status = 1;
	char byte = 0;
	pid_t pid;

	if (pipe(there) || pipe(back))
		return 1;
	pid = fork();
	for (int i = 0; i < BYTES; i++) {
		if (!pid && (read(there[0], &byte, 1) != 1 || write(back[1], &byte, 1) != 1))
			_exit(1);
		if (pid && (write(there[1], &byte, 1) != 1 || read(back[0], &byte, 1) != 1))
			return 1;
	}
	if (!pid)
		_exit(0);
	return waitpid(pid, &status, 0) != pid || status;
}

static int work(int cpu, int count)
{
	int bad = 0;

	stay_on(cpu);
	for (int i = 0; i < CHILDREN; i++)
		bad |= fork_one(cpu, count, i);
	return bad | hand_over();
}

static int work_on_all(void)
{
	int count = sysconf(_SC_NPROCESSORS_ONLN), bad = 0, status;

	for (int i = 0; i < count * EACH; i++)
		if (!fork())
			_exit(work(i % count, count));
	while (wait(&status) > 0)
		bad |= status;
	return bad;
}

__attribute__((noinline)) int measured(void)
{
	return work_on_all();
}

__attribute__((noinline)) void done(int bad)
{
	printf(bad ? "BAD forks\n" : "ok forks\n");
}

int main(void)
{
	int bad = work_on_all();	/* first use of memory and tables does not count */

	bad |= measured();
	done(bad);
	return bad != 0;
}
