/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * own_segments: a program that makes descriptors of its own, and loads them. Where the
 * machine does not hand them on, that is a general protection fault of this program, as of
 * a descriptor that is not there; nobody else notices. The guest kernel's own view of the
 * table stays right. Prints "ok" lines, and ends with status 0.
 */
#define _GNU_SOURCE
#include <asm/ldt.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define SELECTOR(n) ((n) << 3 | 7)	/* of the local table, for user mode */
#define ENTRIES 4

static sigjmp_buf back;
static int failures;

static void check(int good, const char *what)
{
	printf("%s %s\n", good ? "ok" : "BAD", what);
	failures += !good;
}

static void on_fault(int signal)
{
	siglongjmp(back, signal);
}

static int set(int number, int limit)
{
	struct user_desc d = { .entry_number = (unsigned)number, .base_addr = 0x10000,
			       .limit = (unsigned)limit, .seg_32bit = 1, .limit_in_pages = 1 };

	return (int)syscall(SYS_modify_ldt, 0x11, &d, sizeof(d));
}

/* What comes of it: 0, or the signal. */
static int load(unsigned selector)
{
	int signal = sigsetjmp(back, 1);

	if (!signal)
		__asm__ volatile("mov %0, %%gs" : : "r"(selector) : "memory");
	return signal;
}

static int read_back(void)
{
	unsigned long long entries[ENTRIES] = { 0 };
	long size = syscall(SYS_modify_ldt, 0, entries, sizeof(entries));

	return size == sizeof(entries) && entries[1] && !entries[0] && entries[3];
}

int main(void)
{
	int status, got;

	setvbuf(stdout, NULL, _IONBF, 0);
	signal(SIGSEGV, on_fault);
	check(!set(1, 0xfffff) && !set(3, 0xff), "the kernel takes two descriptors");
	check(read_back(), "and tells of them");
	got = load(SELECTOR(1));
	check(!got || got == SIGSEGV, got ? "a selector is refused" : "a selector is loaded");
	check(load(SELECTOR(2)) == SIGSEGV, "one of no descriptor is refused");
	check(!load(0), "no selector is none");
	if (!fork()) {
		signal(SIGSEGV, SIG_DFL);
		load(SELECTOR(2));
		_exit(0);
	}
	wait(&status);
	check(WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV,
	      "without a handler it is the end of that process alone");
	return failures != 0;
}
