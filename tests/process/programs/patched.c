/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * patched: system calls that are replaced once they have been made often (with --trust
 * shared), in the two forms in which they can be, are what they were: registers, flags, the
 * bytes below the stack; jumped into; single steps; a restart; code that is written to.
 * Prints "ok" lines, and ends with status 0. Called "window" it makes calls for 30 s, for
 * tests/process/window. On the bare machine nothing is replaced, and all
 * of it says the same.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>

#define OFTEN 300u
#define STEPS 32u
#define FLAG_TF 0x100ul
#define STATUS 0x8d5ul
#define RED 0x5aa5f00dcafe1234ul

struct registers {
	uint64_t rax, rcx, r11, flags, red, rdi;
};

/*
 * number: mov $n, %eax; syscall. compare: syscall; cmp $-4095, %rax. Each keeps a word below
 * its stack pointer. _at: behind the SYSCALL; _middle: between the two instructions.
 */
#define CODE(name, before, after) \
	__asm__(".balign 64\n\t.globl " #name "\n" #name ":\n\t" \
		"push %rbx\n\tmov %rdi, %rbx\n\tmov %rsi, -72(%rsp)\n\tmov 40(%rbx), %rdi\n\t" \
		"mov (%rbx), %rax\n\ttest %rdx, %rdx\n\tjnz " #name "_middle\n\tadd %rdx, %rdx\n" before \
		"syscall\n" #name "_at:\n\t" after \
		"mov %rax, (%rbx)\n\tmov %rcx, 8(%rbx)\n\tmov %r11, 16(%rbx)\n\t" \
		"pushfq\n\tpopq 24(%rbx)\n\tmov -72(%rsp), %rax\n\tmov %rax, 32(%rbx)\n\t" \
		"pop %rbx\n\tret\n")
void number(struct registers *r, uint64_t red, uint64_t middle);
void compare(struct registers *r, uint64_t red, uint64_t middle);
extern char number_at[], compare_at[];
CODE(number, "\tmov $110, %eax\nnumber_middle:\n\t", "");
CODE(compare, "\t", "compare_middle:\n\tcmp $-4095, %rax\n\t");

static int failures;

static void check(int good, const char *what, const char *of)
{
	printf("%s %s: %s\n", good ? "ok" : "BAD", of, what);
	failures += !good;
}

typedef void form(struct registers *r, uint64_t red, uint64_t middle);

static struct registers run(form *f, uint64_t number, uint64_t argument, uint64_t middle)
{
	struct registers r = { .rax = number, .rdi = argument };

	f(&r, RED + number, middle);
	return r;
}

/* The same the first time and when it has been made often. */
static void often(form *f, const char *at, const char *name)
{
	struct registers first = run(f, SYS_getppid, 0, 0), r;
	unsigned differ = 0;

	check(first.rax == (uint64_t)getppid() && first.red == RED + SYS_getppid &&
	      first.rcx == (uint64_t)at, "result, rcx, the word below the stack", name);
	for (unsigned i = 0; i < OFTEN; i++) {
		r = run(f, SYS_getppid, 0, 0);
		differ += memcmp(&r, &first, sizeof(r)) != 0;
	}
	check(!differ, "always the same", name);
}

static void errors(void)
{
	struct registers r = run(compare, SYS_close, ~0ul, 0);

	check(r.rax == (uint64_t)-EBADF && !(r.flags & 1), "an error is above -4095", "compare");
	r = run(compare, SYS_getppid, 0, 0);
	check((r.flags & 1) && (r.r11 & STATUS) == 0x44, "a result is below; flags of before in r11", "compare");
}

static void middle(void)
{
	struct registers r;

	for (unsigned i = 0; i < 3; i++) {
		r = run(number, SYS_getpid, 0, 1);	/* another number */
		check(r.rax == (uint64_t)getpid() && r.rcx == (uint64_t)number_at, "jumped into", "number");
		r = run(compare, ~0ul, 0, 1);		/* the comparison alone */
		check(r.rax == ~0ul && !(r.flags & 1) && r.red == RED - 1, "jumped into", "compare");
		often(compare, compare_at, "compare again");
	}
}

static volatile unsigned steps, alarms;
static uint64_t step_rip[STEPS];

static void on_step(int signal, siginfo_t *info, void *context)
{
	ucontext_t *c = context;

	(void)signal;
	(void)info;
	if (steps < STEPS)
		step_rip[steps++] = (uint64_t)c->uc_mcontext.gregs[REG_RIP];
	if (c->uc_mcontext.gregs[REG_RIP] == (greg_t)(uintptr_t)check || steps == STEPS)
		c->uc_mcontext.gregs[REG_EFL] &= ~(greg_t)FLAG_TF;
}

/* Where single steps end, from @f on. */
static unsigned stepped(form *f, uint64_t *to)
{
	struct registers r = { .rax = SYS_getppid };

	steps = 0;
	__asm__ volatile("pushfq\n\torq $0x100, (%%rsp)\n\tpopfq\n\tcall *%%rax\n\t"
			 "pushfq\n\tandq $~0x100, (%%rsp)\n\tpopfq"
			 : : "a"(f), "D"(&r), "S"(RED), "d"(0ul) : "rcx", "r11", "memory", "cc");
	memcpy(to, step_rip, sizeof(step_rip));
	return r.rax == (uint64_t)getppid() ? steps : 0;
}

static void on_alarm(int signal)
{
	(void)signal;
	alarms++;
}

/* Signals at any time: no call is lost or made twice. */
static void interrupted(form *f, uint64_t call, const char *name)
{
	struct itimerval often = { { 0, 500 }, { 0, 500 } }, never = { { 0, 0 }, { 0, 0 } };
	struct registers r;
	unsigned wrong = 0, calls = 0;
	int ends[2];

	if (pipe(ends))
		return;
	alarms = 0;
	setitimer(ITIMER_REAL, &often, NULL);
	while (alarms < 200 && calls < 100000000) {
		r = run(f, call, (uint64_t)ends[1], 0);
		wrong += r.rax != (uint64_t)getppid() || r.red != RED + call;
		calls++;
	}
	setitimer(ITIMER_REAL, &never, NULL);
	check(!wrong && alarms >= 200, "200 signals while it is made", name);
	close(ends[0]);
	close(ends[1]);
}

/* A call that waits is made again when a signal's handler is over (SA_RESTART). */
static void restarted(void)
{
	struct itimerval once = { { 0, 0 }, { 0, 20000 } };
	struct registers r;
	pid_t pid = fork();

	if (!pid) {
		usleep(100000);
		_exit(7);
	}
	alarms = 0;
	setitimer(ITIMER_REAL, &once, NULL);
	r = (struct registers){ .rax = SYS_wait4, .rdi = (uint64_t)pid };
	__asm__ volatile("xor %%r10d, %%r10d\n\tcall *%%rcx"
			 : : "c"(compare), "D"(&r), "S"(0ul), "d"(0ul) : "rax", "r10", "r11", "memory", "cc");
	check(r.rax == (uint64_t)pid && alarms == 1, "restarted behind a signal", "compare");
}

/* @number for mov, by another mapping, or by the kernel. */
static int write_number(int file, uint8_t number, int by_kernel)
{
	uint8_t *to;

	if (by_kernel)
		return pwrite(file, &number, 1, 17) == 1;
	to = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
	if (to == MAP_FAILED)
		return 0;
	to[17] = number;
	return !munmap(to, 4096);
}

/* Code in a page that is written to elsewhere, once it has run often. */
static void written(void)
{
	static const uint8_t code[32] = { [16] = 0xb8, 0, 0, 0, 0, 0x0f, 0x05, 0xc3 };
	int file = memfd_create("code", 0);
	uint8_t *execute = MAP_FAILED;
	unsigned wrong = 0;

	/* A mov has bytes in front of it in its page, if it is to be known for one. */
	if (!ftruncate(file, 4096) && write(file, code, sizeof(code)) == sizeof(code))
		execute = mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_SHARED, file, 0);
	for (unsigned round = 0; round < 8; round++) {
		int own = round & 1;

		wrong += execute == MAP_FAILED ||
			 !write_number(file, own ? SYS_getpid : SYS_getppid, round & 2);
		for (unsigned i = 0; i < OFTEN && !wrong; i++)
			wrong += ((int (*)(void))(uintptr_t)(execute + 16))() != (own ? getpid() : getppid());
	}
	check(!wrong, "code that is written to", "written");
	close(file);
}

static int window(void)
{
	time_t end = time(NULL) + 30;
	unsigned long calls = 0, wrong = 0;
	struct registers r;

	for (; time(NULL) < end; calls++) {
		r = run(compare, SYS_getppid, 0, 0);
		wrong += r.rax != (uint64_t)getppid() || r.red != RED + SYS_getppid ||
			 r.rcx != (uint64_t)compare_at || !(r.flags & 1);
	}
	printf("window: %lu calls, %lu wrong\n", calls, wrong);
	return wrong != 0;
}

int main(int argc, char **argv)
{
	struct sigaction on = { .sa_sigaction = on_step, .sa_flags = SA_SIGINFO };
	static uint64_t number_steps[2][STEPS], compare_steps[2][STEPS];
	unsigned n[4];

	if (argc && !strcmp(argv[0], "/window"))
		return window();
	setvbuf(stdout, NULL, _IONBF, 0);
	sigaction(SIGTRAP, &on, NULL);
	on.sa_handler = on_alarm;
	on.sa_flags = SA_RESTART;
	sigaction(SIGALRM, &on, NULL);
	n[0] = stepped(number, number_steps[0]);
	n[1] = stepped(compare, compare_steps[0]);
	often(number, number_at, "number");
	often(compare, compare_at, "compare");
	errors();
	n[2] = stepped(number, number_steps[1]);
	n[3] = stepped(compare, compare_steps[1]);
	check(n[0] && n[0] == n[2] && !memcmp(number_steps[0], number_steps[1], sizeof(number_steps[0])),
	      "single steps end where they did", "number");
	check(n[1] && n[1] == n[3] && !memcmp(compare_steps[0], compare_steps[1], sizeof(compare_steps[0])),
	      "single steps end where they did", "compare");
	middle();
	interrupted(number, SYS_getppid, "number");
	interrupted(compare, SYS_getppid, "compare");
	restarted();
	written();
	printf("patched: %s\n", failures ? "bad" : "all good");
	return failures != 0;
}
