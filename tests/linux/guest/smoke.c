/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * smoke: processes, pipes, signals, memory, clocks: a little of everything.
 * Copyright The previrt authors
 */
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "guest.h"

#define FORKS 50
#define PAGES 512

static volatile sig_atomic_t signals, fault_code;
static sigjmp_buf fault_return;

static int exec_self(void *arg)
{
	execl("/init", "init", "exec-child", arg, (char *)NULL);
	return 127;
}

static int check_processes(void)
{
	int i, bad = 0, status, sum = 0;

	for (i = 0; i < FORKS; i++) {
		pid_t pid = fork();

		if (pid == 0)
			_exit(i);
		if (waitpid(pid, &status, 0) == pid && WIFEXITED(status))
			sum += WEXITSTATUS(status);
	}
	bad |= guest_check(sum == FORKS * (FORKS - 1) / 2, "%d forks", FORKS);
	status = guest_in_child("exec", exec_self, "42");
	bad |= guest_check(WIFEXITED(status) && WEXITSTATUS(status) == 42, "exec");
	return bad;
}

static int check_pipe(void)
{
	static char out[1 << 16], in[1 << 16];
	size_t got = 0, i;
	int fd[2], status, bad;
	pid_t pid;

	for (i = 0; i < sizeof(out); i++)
		out[i] = (char)(i * 7 + (i >> 8));
	if (pipe(fd))
		return guest_check(0, "pipe");
	pid = fork();
	if (pid == 0) {
		_exit(write(fd[1], out, sizeof(out)) != (ssize_t)sizeof(out));
	}
	close(fd[1]);
	while (got < sizeof(in)) {
		ssize_t n = read(fd[0], in + got, sizeof(in) - got);

		if (n <= 0)
			break;
		got += (size_t)n;
	}
	close(fd[0]);
	waitpid(pid, &status, 0);
	bad = guest_check(got == sizeof(in) && !memcmp(in, out, got) && status == 0,
			  "pipe of %zu bytes", got);
	return bad;
}

static void on_signal(int sig)
{
	(void)sig;
	signals++;
}

static void on_fault(int sig, siginfo_t *info, void *context)
{
	(void)sig;
	(void)context;
	fault_code = info->si_code;
	siglongjmp(fault_return, 1);
}

static int check_signals(void)
{
	struct itimerval it = { .it_value.tv_usec = 2000, .it_interval.tv_usec = 2000 };
	struct itimerval off = { .it_value.tv_usec = 0 };
	volatile double x = 1.0;
	double good;
	int i, bad;

	signal(SIGUSR1, on_signal);
	for (i = 0; i < 100; i++)
		raise(SIGUSR1);
	bad = guest_check(signals == 100, "100 signals");
	/* Floating-point state across timer signals: the sum must not change. */
	for (i = 1; i < 100000; i++)
		x += 1.0 / i;
	good = x;
	signals = 0;
	signal(SIGALRM, on_signal);
	setitimer(ITIMER_REAL, &it, NULL);
	while (signals < 10) {
		for (x = 1.0, i = 1; i < 100000; i++)
			x += 1.0 / i;
		if (x != good)
			break;
	}
	setitimer(ITIMER_REAL, &off, NULL);
	return bad | guest_check(x == good, "floating point across timer signals");
}

static int check_memory(void)
{
	long page = sysconf(_SC_PAGESIZE);
	char *p = mmap(NULL, PAGES * page, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct sigaction sa = { .sa_sigaction = on_fault, .sa_flags = SA_SIGINFO };
	int i, bad = 0, wrong = 0;

	if (p == MAP_FAILED)
		return guest_check(0, "mmap");
	for (i = 0; i < PAGES; i++)
		p[i * page] = (char)i;
	for (i = 0; i < PAGES; i++)
		wrong += p[i * page] != (char)i;
	bad |= guest_check(!wrong, "%d pages", PAGES);

	sigaction(SIGSEGV, &sa, NULL);
	mprotect(p, page, PROT_READ);
	if (!sigsetjmp(fault_return, 1))
		p[0] = 1;
	bad |= guest_check(fault_code == SEGV_ACCERR, "write-protected page faults");
	mprotect(p, page, PROT_READ | PROT_WRITE);
	p[0] = 1;
	munmap(p, PAGES * page);
	fault_code = 0;
	if (!sigsetjmp(fault_return, 1))
		p[0] = 1;
	bad |= guest_check(fault_code == SEGV_MAPERR, "unmapped page faults");
	/* The kernel's own fault fix-up in copy_to_user. */
	errno = 0;
	i = getcwd((char *)16, 64) == NULL ? errno : 0;
	bad |= guest_check(i == EFAULT, "bad pointer gives EFAULT");
	signal(SIGSEGV, SIG_DFL);
	return bad;
}

static void *count_up(void *arg)
{
	static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
	int i;

	for (i = 0; i < 5000; i++) {
		pthread_mutex_lock(&lock);
		++*(long *)arg;
		pthread_mutex_unlock(&lock);
		if (i % 500 == 0)
			sched_yield();
	}
	return NULL;
}

static int check_threads(void)
{
	pthread_t t[4];
	long n = 0;
	int i;

	for (i = 0; i < 4; i++)
		if (pthread_create(&t[i], NULL, count_up, &n))
			return guest_check(0, "thread %d", i);
	for (i = 0; i < 4; i++)
		pthread_join(t[i], NULL);
	return guest_check(n == 20000, "4 threads count to %ld", n);
}

static int check_clock(void)
{
	struct timespec a, b;
	int i, backwards = 0;

	clock_gettime(CLOCK_MONOTONIC, &a);
	for (i = 0; i < 10000; i++) {
		clock_gettime(CLOCK_MONOTONIC, &b);
		backwards += b.tv_sec < a.tv_sec ||
			(b.tv_sec == a.tv_sec && b.tv_nsec < a.tv_nsec);
		a = b;
	}
	return guest_check(!backwards, "clock never goes backwards");
}

int test_smoke(void)
{
	int bad = 0, s[2];

	bad |= check_processes();
	bad |= check_pipe();
	bad |= check_signals();
	bad |= check_memory();
	bad |= check_threads();
	bad |= check_clock();
	bad |= guest_check(socketpair(AF_UNIX, SOCK_STREAM, 0, s) == 0 &&
			   write(s[0], "x", 1) == 1 && close(s[0]) == 0 &&
			   close(s[1]) == 0, "socket pair");
	return bad;
}
