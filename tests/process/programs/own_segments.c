/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * own_segments: a program that makes descriptors of its own, and loads them. Where the
 * machine does not hand them on, that is a general protection fault of this program, as of
 * a descriptor that is not there; nobody else notices. Where it does, they work, stay over
 * system calls, faults and switches, and are no other program's. The guest kernel's own view
 * of the table stays right. Prints "ok" lines, and ends with status 0.
 */
#define _GNU_SOURCE
#include <asm/ldt.h>
#include <sched.h>
#include <setjmp.h>
#include <stdint.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
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

static int set(int number, int limit, unsigned base)
{
	struct user_desc d = { .entry_number = (unsigned)number, .base_addr = base,
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

#define REGISTER(name) \
static void load_##name(unsigned selector) \
{ __asm__ volatile("mov %0, %%" #name : : "r"(selector) : "memory"); } \
static unsigned has_##name(void) \
{ unsigned selector; __asm__ volatile("mov %%" #name ", %0" : "=r"(selector)); return selector; }
REGISTER(ds)
REGISTER(es)
REGISTER(gs)

static uint32_t by_gs(void)
{
	uint32_t value;

	__asm__ volatile("movl %%gs:0, %0" : "=r"(value) : : "memory");
	return value;
}

static uint32_t *page(uint32_t value)
{
	uint32_t *at = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);

	*at = value;
	return at;
}

/* Turns of two processes, whose selectors are the same and whose tables are not. */
static int keeps(uint32_t value)
{
	for (int i = 0; i < 200; i++) {
		if (by_gs() != value || has_gs() != SELECTOR(1) || has_ds() != SELECTOR(3))
			return 0;
		if (i % 3 == 1)
			munmap(page(i), 4096);		/* a page fault, and calls */
		else
			sched_yield();
	}
	return 1;
}

static void test_loaded(void)
{
	uint32_t *mine = page(1111), *other = page(2222);
	int status;
	pid_t child;

	set(1, 0xfffff, (unsigned)(uintptr_t)mine);
	set(3, 0xfffff, 0);
	load_gs(SELECTOR(1));
	check(by_gs() == 1111, "gs leads to where its descriptor says");
	load_ds(SELECTOR(3));
	load_es(SELECTOR(3) & ~3u);
	check(keeps(1111) && has_es() == (SELECTOR(3) & ~3u), "selectors stay");
	child = fork();
	if (!child) {
		int good = by_gs() == 1111 && !set(1, 0xfffff, (unsigned)(uintptr_t)other);

		load_gs(SELECTOR(1));
		_exit(!good || !keeps(2222));
	}
	check(keeps(1111), "they stay while another process has the same with another table");
	wait(&status);
	check(!status, "and that process has its own");
	set(1, 0xfffff, (unsigned)(uintptr_t)other);
	load_gs(SELECTOR(1));
	check(by_gs() == 2222, "a changed descriptor counts when it is loaded");
	load_gs(0);
	check(load(SELECTOR(1)) == 0 && load(0) == 0, "it can be loaded again");
}

/* It has no table: a new program, in what may be the address space of an old one. */
static int is_new(void)
{
	return load(SELECTOR(1)) == SIGSEGV && load(SELECTOR(3)) == SIGSEGV && has_ds() == 0 && has_gs() == 0;
}

int main(int argc, char **argv)
{
	int status, got;

	setvbuf(stdout, NULL, _IONBF, 0);
	signal(SIGSEGV, on_fault);
	if (argc > 1)
		return !is_new();
	check(!set(1, 0xfffff, 0x10000) && !set(3, 0xff, 0x10000), "the kernel takes two descriptors");
	check(read_back(), "and tells of them");
	got = load(SELECTOR(1));
	check(!got || got == SIGSEGV, got ? "a selector is refused" : "a selector is loaded");
	check(load(SELECTOR(2)) == SIGSEGV, "one of no descriptor is refused");
	check(!load(0), "no selector is none");
	if (!got)
		test_loaded();
	for (int i = 0; i < 3; i++) {
		if (!fork())
			execl("/proc/self/exe", argv[0], "new", (char *)NULL);
		wait(&status);
		check(!status, "a new program has nothing of it");
	}
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
