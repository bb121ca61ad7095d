/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ptrace: single steps, also over popf, pushf and system calls; hardware
 * breakpoints through the debug registers.
 * Copyright The previrt authors
 */
#define _GNU_SOURCE
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>
#include "guest.h"

#define DR(n) ((void *)(offsetof(struct user, u_debugreg) + (n) * sizeof(long)))
#define MAX_STEPS 10000

static volatile int watched;

#ifdef __x86_64__
#define FLAGS_PAIR "pushfq\n\tpopfq\n\t"
#define PC(r) ((r).rip)
#else
#define FLAGS_PAIR "pushfl\n\tpopfl\n\t"
#define PC(r) ((unsigned long)(r).eip)
#endif

extern char stepped_begin[], stepped_end[];

static void stepped(void)
{
	long nr = SYS_getppid;

	asm volatile(".globl stepped_begin, stepped_end\n"
		     "stepped_begin:\n\t"
		     "nop\n\t"
		     FLAGS_PAIR
		     "int $0x80\n\t"
		     "nop\n"
		     "stepped_end:\n\t"
		     : "+a"(nr) :: "memory", "cc");
}

static pid_t start(void (*body)(void))
{
	int status;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (pid == 0) {
		ptrace(PTRACE_TRACEME, 0, NULL, NULL);
		raise(SIGSTOP);
		body();
		_exit(3);
	}
	waitpid(pid, &status, 0);
	return pid;
}

static int check_steps(void)
{
	struct user_regs_struct r;
	int status = 0, steps = 0, inside = 0, i;
	pid_t pid = start(stepped);

	for (i = 0; i < MAX_STEPS; i++) {
		if (ptrace(PTRACE_SINGLESTEP, pid, NULL, NULL))
			break;
		waitpid(pid, &status, 0);
		if (!WIFSTOPPED(status))
			break;
		steps++;
		ptrace(PTRACE_GETREGS, pid, NULL, &r);
		if (PC(r) >= (uintptr_t)stepped_begin && PC(r) < (uintptr_t)stepped_end)
			inside++;
	}
	printf("# %d steps\n", steps);
	return guest_check(inside == 5, "%d stops in a stretch of five", inside) |
	       guest_check(WIFEXITED(status) && WEXITSTATUS(status) == 3,
			   "stepped to the end");
}

static void touch(void)
{
	watched = 1;
	watched = 2;
}

static int check_watchpoint(void)
{
	pid_t pid = start(touch);
	long at = (long)&watched, dr6;
	int status, hits = 0, bad = 0;

	bad |= ptrace(PTRACE_POKEUSER, pid, DR(0), (void *)at) != 0;
	/* DR7: breakpoint 0 local, on writes, four bytes */
	bad |= ptrace(PTRACE_POKEUSER, pid, DR(7), (void *)0xd0001L) != 0;
	for (;;) {
		ptrace(PTRACE_CONT, pid, NULL, NULL);
		if (waitpid(pid, &status, 0) != pid || !WIFSTOPPED(status))
			break;
		dr6 = ptrace(PTRACE_PEEKUSER, pid, DR(6), NULL);
		hits += dr6 & 1;
	}
	return guest_check(!bad, "debug registers set") |
	       guest_check(hits == 2, "%d watchpoint hits of two", hits);
}

int test_ptrace(void)
{
	return check_steps() | check_watchpoint();
}
