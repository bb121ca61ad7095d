/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ptrace: single steps, also over popf, pushf and system calls; hardware
 * breakpoints through the debug registers, on data and on execution; steps a
 * program makes of itself.
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
#include <ucontext.h>
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

/* An address that is about to be executed: the stop comes before it. */
static int check_breakpoint(void)
{
	struct user_regs_struct r;
	pid_t pid = start(touch);
	long dr6;
	int status, hits = 0, wrong = 0;

	ptrace(PTRACE_POKEUSER, pid, DR(1), (void *)(long)touch);
	/* DR7: breakpoint 1 local, on execution */
	ptrace(PTRACE_POKEUSER, pid, DR(7), (void *)0x4L);
	for (;;) {
		ptrace(PTRACE_CONT, pid, NULL, NULL);
		if (waitpid(pid, &status, 0) != pid || !WIFSTOPPED(status))
			break;
		dr6 = ptrace(PTRACE_PEEKUSER, pid, DR(6), NULL);
		ptrace(PTRACE_GETREGS, pid, NULL, &r);
		hits++;
		wrong += PC(r) != (unsigned long)touch || (dr6 & 0xf) != 2;
	}
	return guest_check(hits == 1 && !wrong, "%d breakpoint hits of one, at its place", hits);
}

/* Reads, and a store that begins ahead of what is watched; its neighbour is not. */
static volatile int pair[2] __attribute__((aligned(8)));

static void touch_pair(void)
{
	(void)pair[1];
	__atomic_store_n((long *)(void *)pair, -1, __ATOMIC_RELAXED);
	(void)pair[0];
	pair[0] = 5;
}

static int check_accesses(void)
{
	pid_t pid = start(touch_pair);
	int status, hits = 0;

	ptrace(PTRACE_POKEUSER, pid, DR(3), (void *)(long)&pair[1]);
	/* DR7: breakpoint 3 local, on reads and writes, four bytes */
	ptrace(PTRACE_POKEUSER, pid, DR(7), (void *)0xf0000040L);
	for (;;) {
		ptrace(PTRACE_CONT, pid, NULL, NULL);
		if (waitpid(pid, &status, 0) != pid || !WIFSTOPPED(status))
			break;
		hits += ptrace(PTRACE_PEEKUSER, pid, DR(6), NULL) >> 3 & 1;
	}
	return guest_check(hits == (sizeof(long) == 8 ? 2 : 1), "%d accesses met", hits);
}

/* Code beside a breakpoint sees no trap flag that is not its own. */
extern char beside_breakpoint[];

static void store_flags(void)
{
	long flags, nr = SYS_getppid;

#ifdef __x86_64__
	long saved = 0;

	asm volatile("pushfq\n\tpopq %0\n\tpushq %0\n\tpopfq\n\t"
		     "syscall\n\tmovq %%r11, %2\n\t"
		     ".globl beside_breakpoint\nbeside_breakpoint:\n\tnop"
		     : "=&r"(flags), "+a"(nr), "=&r"(saved) :: "rcx", "r11", "memory", "cc");
	flags |= saved;
#else
	asm volatile("pushfl\n\tpopl %0\n\tpushl %0\n\tpopfl\n\tint $0x80\n\t"
		     ".globl beside_breakpoint\nbeside_breakpoint:\n\tnop"
		     : "=&r"(flags), "+a"(nr) :: "memory", "cc");
#endif
	if (flags & 0x100)
		_exit(4);
}

static int check_flags(void)
{
	pid_t pid = start(store_flags);
	int status, hits = 0;

	ptrace(PTRACE_POKEUSER, pid, DR(0), (void *)beside_breakpoint);
	ptrace(PTRACE_POKEUSER, pid, DR(7), (void *)0x1L);
	for (;;) {
		ptrace(PTRACE_CONT, pid, NULL, NULL);
		if (waitpid(pid, &status, 0) != pid || !WIFSTOPPED(status))
			break;
		hits++;
	}
	return guest_check(hits == 1 && WIFEXITED(status) && WEXITSTATUS(status) == 3,
			   "flags stored beside a breakpoint: %d hits, status %d", hits,
			   WEXITSTATUS(status));
}

/*
 * TF set by the program. Where the steps end is printed, for two machines to be
 * compared: over a system call, a string instruction, a load of a segment.
 */
#ifdef __x86_64__
#define MOST_STOPS 32
extern char self_begin[];
static volatile int stops;
static volatile long stop_at[MOST_STOPS];

static void on_step(int sig, siginfo_t *info, void *context)
{
	const ucontext_t *u = context;

	(void)sig; (void)info;
	if (stops < MOST_STOPS)
		stop_at[stops] = u->uc_mcontext.gregs[REG_RIP] - (long)self_begin;
	stops++;
}

static int check_self_steps(void)
{
	struct sigaction action = { .sa_sigaction = on_step, .sa_flags = SA_SIGINFO };
	char from[8] = "1234567", to[8];
	int i;

	sigaction(SIGTRAP, &action, NULL);
	asm volatile("pushfq\n\torq $0x100, (%%rsp)\n\tpopfq\n"
		     ".globl self_begin\nself_begin:\n\t"
		     "nop\n\t"
		     "movl $110, %%eax\n\tsyscall\n\t"
		     "leaq %0, %%rsi\n\tleaq %1, %%rdi\n\tmovl $3, %%ecx\n\trep movsb\n\t"
		     "movl %%ds, %%eax\n\tmovl %%eax, %%ds\n\t"
		     "cpuid\n\t"
		     "pushfq\n\tandq $~0x100, (%%rsp)\n\tpopfq\n\tnop"
		     : "+m"(from), "=m"(to) :: "rax", "rbx", "rcx", "rdx", "rsi", "rdi", "r11",
		       "memory", "cc");
	signal(SIGTRAP, SIG_DFL);
	printf("steps end at");
	for (i = 0; i < stops && i < MOST_STOPS; i++)
		printf(" %ld", stop_at[i]);
	printf("\n");
	return guest_check(stops >= 12 && stops < MOST_STOPS, "steps of one's own");
}
#else
static int check_self_steps(void) { return 0; }
#endif

int test_ptrace(void)
{
	return check_steps() | check_watchpoint() | check_breakpoint() | check_accesses() |
	       check_flags() | check_self_steps();
}
