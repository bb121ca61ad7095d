/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * badgs: loads of %gs (and %fs, %ds, %es) with selectors that fault in the
 * kernel, where an exception-table entry names the very instruction.
 *
 * Ways there: an LDT entry goes away while its selector is loaded, and the
 * next context switch loads it again; ptrace writes a bad selector; a signal
 * frame brings one back.
 * Copyright The previrt authors
 */
#define _GNU_SOURCE
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ptrace.h>
#include <sys/ucontext.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "guest.h"

#define LOAD(seg, v)	asm volatile("mov %0, %%" #seg :: "r"(v) : "memory")
#define READ(seg) ({ unsigned int v_; \
	asm volatile("mov %%" #seg ", %0" : "=r"(v_)); v_ & 0xffff; })

#ifdef __x86_64__
#define USER_SEG(r) offsetof(struct user, regs.r)
#else
#define USER_SEG(r) offsetof(struct user, regs.x##r)
#endif

static void switch_away(void)
{
	struct timespec t = { .tv_nsec = 1000000 };
	int i;

	for (i = 0; i < 3; i++)
		nanosleep(&t, NULL);
}

/* On i386 the C library's thread pointer is in %gs: the other one is free. */
#ifdef __x86_64__
#define FREE_SEG gs
#else
#define FREE_SEG fs
#endif
#define LOAD_FREE_(s, v) LOAD(s, v)
#define LOAD_FREE(v) LOAD_FREE_(FREE_SEG, v)
#define READ_FREE_(s) READ(s)
#define READ_FREE() READ_FREE_(FREE_SEG)

static int removed_entry(void *arg)
{
	unsigned int before, after;

	(void)arg;
	guest_set_ldt(0, SEG_DATA32);
	LOAD_FREE(LDT_SELECTOR(0));
	LOAD(es, LDT_SELECTOR(0));
	before = READ_FREE();
	guest_set_ldt(0, SEG_NONE);
	switch_away();
	after = READ_FREE();
	printf("  selector %#x, then %#x; es %#x\n", before, after, READ(es));
	return 0;
}

static int user_load(void *arg)
{
	(void)arg;
	LOAD_FREE(LDT_SELECTOR(5));	/* faults here, in user mode */
	return 0;
}

static int peeked(pid_t pid, long where)
{
	return (int)(ptrace(PTRACE_PEEKUSER, pid, (void *)where, NULL) & 0xffff);
}

static int poked(void *arg)
{
	static const struct { const char *name; long where; } segs[] = {
		{ "gs", USER_SEG(gs) }, { "fs", USER_SEG(fs) },
		{ "es", USER_SEG(es) }, { "ds", USER_SEG(ds) },
	};
	int i, status;
	pid_t pid;

	(void)arg;
	for (i = 0; i < 4; i++) {
		long r;

		fflush(stdout);
		pid = fork();
		if (pid == 0) {
			ptrace(PTRACE_TRACEME, 0, NULL, NULL);
			raise(SIGSTOP);
			for (;;)
				asm volatile("int3");
		}
		waitpid(pid, &status, 0);
		r = ptrace(PTRACE_POKEUSER, pid, (void *)segs[i].where,
			   (void *)(long)LDT_SELECTOR(5));
		ptrace(PTRACE_CONT, pid, NULL, NULL);
		waitpid(pid, &status, 0);
		/*
		 * Which signal it is for fs hangs on the clock: when the child is
		 * preempted on its way out, the kernel loads the old base once more.
		 */
		if (segs[i].where == (long)USER_SEG(fs))
			status &= 0xff;
		printf("  %s: poke %ld, status %#x, then %#x\n", segs[i].name, r,
		       status, WIFSTOPPED(status) ? peeked(pid, segs[i].where) : -1);
		kill(pid, SIGKILL);
		waitpid(pid, &status, 0);
	}
	return 0;
}

static void on_usr1(int sig, siginfo_t *info, void *context)
{
	ucontext_t *uc = context;

	(void)sig;
	(void)info;
#ifdef __x86_64__
	/* The kernel of today ignores gs here; the frame has room for it. */
	uc->uc_mcontext.gregs[REG_CSGSFS] |= (greg_t)LDT_SELECTOR(5) << 16;
#else
	uc->uc_mcontext.gregs[REG_FS] = LDT_SELECTOR(5);
	uc->uc_mcontext.gregs[REG_ES] = LDT_SELECTOR(5);
#endif
}

static int signal_frame(void *arg)
{
	struct sigaction sa = { .sa_sigaction = on_usr1, .sa_flags = SA_SIGINFO };

	(void)arg;
	sigaction(SIGUSR1, &sa, NULL);
	raise(SIGUSR1);
	printf("  then %#x\n", READ_FREE());
	return 0;
}

int test_badgs(void)
{
	int round, bad = 0;

	for (round = 0; round < 2; round++) {
		bad |= guest_in_child("entry removed", removed_entry, NULL) != 0;
		bad |= !WIFSIGNALED(guest_in_child("load in user mode", user_load, NULL));
		bad |= guest_in_child("by ptrace", poked, NULL) != 0;
		guest_in_child("by signal frame", signal_frame, NULL);
	}
	return bad;
}
