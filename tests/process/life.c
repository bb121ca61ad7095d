/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/* Ends: of a stub by somebody else, of the supervisor at any time. */
#define _GNU_SOURCE
#include "toy.h"
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static void pause_ns(long ns)
{
	struct timespec time = { 0, ns };

	nanosleep(&time, NULL);
}

/* After @us a process kills the stub. */
static pid_t kill_later(int target, unsigned us)
{
	pid_t pid = fork();

	if (pid)
		return pid;
	pause_ns(us * 1000l);
	kill(target, SIGKILL);
	_exit(0);
}

static void test_killed(void)
{
	pid_t pid;

	TOY_PIECE(loop);
	pid = kill_later(toy.pid, 20000);
	expect_equal("killed while it runs", toy_run(), STUB_KILLED);
	waitpid(pid, NULL, 0);
	expect_equal("it stays so", toy_run(), STUB_BROKEN);
	toy_new();
	kill(toy.pid, SIGKILL);
	expect_equal("killed while it waits", toy_run(), STUB_KILLED);
	toy_new();
	kill(toy.pid, SIGKILL);
	expect_equal("killed before a call", stub_unmap(&toy, 0x20000000, 4096), -ESRCH);
	toy_new();
	TOY_PIECE(call);
	expect_equal("a new one", toy_run(), STUB_SYSCALL);
}

/* Other children of the supervisor's are its own affair. */
static void test_other_child(void)
{
	pid_t pid = fork();

	if (!pid) {
		pause_ns(2000000);
		_exit(5);
	}
	TOY_PIECE(loop);
	expect_equal("a child ends", toy_run_for(20000), STUB_INTERRUPTED);
	expect_equal("and waits for its parent", waitpid(pid, NULL, 0), pid);
}

/* All children end within a second, and so many at least. */
static int all_end(unsigned least)
{
	unsigned n = 0;

	for (unsigned i = 0; i < 1000; i++) {
		pid_t pid = waitpid(-1, NULL, WNOHANG);

		if (pid > 0)
			n++;
		else if (pid < 0 && errno == ECHILD)
			return n >= least;
		else
			pause_ns(1000000);
	}
	return 0;
}

static void supervise(int ready)
{
	static struct stub other[2];

	toy_start(&other[0]);
	toy_start(&other[1]);
	toy_new();
	TOY_PIECE(loop);
	if (write(ready, "", 1) == 1)
		toy_run();
	_exit(0);
}

/* A supervisor ends, and with it a stub that runs and two that wait. */
static void test_supervisor_ends(void)
{
	int ready[2];
	char byte;
	pid_t pid;

	expect("a pipe", !pipe(ready));
	pid = fork();
	if (!pid)
		supervise(ready[1]);
	expect("it is there", read(ready[0], &byte, 1) == 1);
	close(ready[0]);
	close(ready[1]);
	pause_ns(5000000);
	kill(pid, SIGKILL);
	expect("its stubs end", all_end(4));
}

/* The same while it makes stubs. */
static void test_supervisor_ends_early(void)
{
	pid_t pid = fork();

	if (!pid)
		for (;;) {
			struct stub stub;

			stub_create(&stub, toy_memory);
		}
	pause_ns(toy_random() % 20000000);
	kill(pid, SIGKILL);
	expect("stubs in the making end", all_end(1));
}

void test_life(unsigned rounds)
{
	test_killed();
	test_other_child();
	stub_destroy(&toy);
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	test_supervisor_ends();
	for (unsigned i = 0; i < rounds / 100; i++)
		test_supervisor_ends_early();
	prctl(PR_SET_CHILD_SUBREAPER, 0);
}
