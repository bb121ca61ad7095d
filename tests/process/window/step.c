/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * step PID SITE STUBS SLOT END TURNS: has the timer's signal come to process PID, a wedge,
 * at each instruction from the stub of a patched system call on until the guest runs: at the
 * first of them the first time that the stub is reached, at the second the next time, and so
 * on; TURNS times in all. Which stub, of 15 bytes from STUBS on, stands in SLOT when SITE is
 * reached; END: of the wedge's code. Prints how many instructions there were at most.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#define BREAKPOINT 0xccul
#define PUSHF 0x9cu
#define FLAG_TF 0x100ul

static pid_t pid;
static uint64_t start, end;
static unsigned long original;
static unsigned turns;

static void must(long result, const char *what)
{
	if (result >= 0)
		return;
	fprintf(stderr, "step: %s: %s\n", what, strerror(errno));
	exit(1);
}

static unsigned long peek(uint64_t at)
{
	unsigned long word;

	errno = 0;
	word = (unsigned long)ptrace(PTRACE_PEEKTEXT, pid, (void *)at, NULL);
	must(-errno, "its memory");
	return word;
}

/* Until it stops; signals of its own go on to it. Its registers. */
static struct user_regs_struct await(int how, int signal)
{
	struct user_regs_struct r;
	int status, in_between = 1;

	while (in_between) {
		must(ptrace(how, pid, NULL, (void *)(long)signal), "to go on");
		must(waitpid(pid, &status, 0), "to wait");
		if (!WIFSTOPPED(status)) {
			printf("step: it has ended: status %x, in turn %u\n", (unsigned)status, turns);
			exit(1);
		}
		signal = WSTOPSIG(status);
		in_between = signal != SIGTRAP && status >> 16 == 0;
		must(ptrace(PTRACE_GETREGS, pid, NULL, &r), "registers");
		if (signal == SIGTRAP && how == PTRACE_CONT && r.rip != start + 1) {
			r.eflags &= ~FLAG_TF;		/* a step's that is over */
			must(ptrace(PTRACE_SETREGS, pid, NULL, &r), "registers");
			in_between = 1;
			signal = 0;
		}
	}
	return r;
}

/* No step is under way: the host keeps the flag where the next instruction may change it. */
static void calm(void)
{
	struct user_regs_struct r;

	must(ptrace(PTRACE_GETREGS, pid, NULL, &r), "registers");
	r.eflags &= ~FLAG_TF;
	must(ptrace(PTRACE_SETREGS, pid, NULL, &r), "registers");
}

static void arm(int on)
{
	must(ptrace(PTRACE_POKETEXT, pid, (void *)start,
		    (void *)(on ? (original & ~0xfful) | BREAKPOINT : original)), "a breakpoint");
}

/* It goes on, with @signal, and stops at instruction @n of the next call. 0: it is outside by
   then. */
static int turn(int signal, unsigned n)
{
	struct user_regs_struct r;

	arm(1);
	calm();
	r = await(PTRACE_CONT, signal);
	arm(0);
	r.rip = start;
	must(ptrace(PTRACE_SETREGS, pid, NULL, &r), "registers");
	for (unsigned i = 0; i < n; i++) {
		int pushes = (uint8_t)peek(r.rip) == PUSHF;

		r = await(PTRACE_SINGLESTEP, 0);
		if (pushes)		/* the step's own flag, too */
			must(ptrace(PTRACE_POKETEXT, pid, (void *)r.rsp,
				    (void *)(peek(r.rsp) & ~FLAG_TF)), "flags");
		if (r.rip >= end || r.rip < start - 0x100000)
			return 0;
	}
	return 1;
}

int main(int argc, char **argv)
{
	struct user_regs_struct r;
	unsigned n = 0, most = 0;
	int status, within = 0;

	if (argc != 7)
		return 2;
	pid = atoi(argv[1]);
	start = strtoull(argv[2], NULL, 16);
	end = strtoull(argv[5], NULL, 16);
	must(ptrace(PTRACE_SEIZE, pid, NULL, NULL), "to attach");
	must(ptrace(PTRACE_INTERRUPT, pid, NULL, NULL), "to stop");
	must(waitpid(pid, &status, 0), "to wait");
	alarm(100);
	original = peek(start);
	arm(1);
	r = await(PTRACE_CONT, 0);
	arm(0);
	r.rip = start;
	must(ptrace(PTRACE_SETREGS, pid, NULL, &r), "registers");
	start = strtoull(argv[3], NULL, 16) + 15 * (uint32_t)peek(strtoull(argv[4], NULL, 16));
	original = peek(start);
	for (; turns < (unsigned)atoi(argv[6]); turns++) {
		within = turn(within ? SIGALRM : 0, n);
		n = within ? n + 1 : 0;
		most = n > most ? n : most;
	}
	calm();
	must(ptrace(PTRACE_DETACH, pid, NULL, NULL), "to leave");
	printf("step: %u turns, %u instructions\n", turns, most);
	return 0;
}
