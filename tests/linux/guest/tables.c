/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tables: all that changes page tables, many times and in many ways. Says
 * little; who wants to see the tables looks from outside.
 * Copyright The previrt authors
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include "guest.h"

#define PAGE 4096ul
#define LARGE (2ul << 20)
#define ANYWHERE (MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE)
enum { ROUNDS = 20, PAGES = 64, THREADS = 4 };

static char *map(void *where, size_t size, int flags)
{
	return mmap(where, size, PROT_READ | PROT_WRITE,
		    ANYWHERE | flags | (where ? MAP_FIXED_NOREPLACE : 0), -1, 0);
}

static void touch(char *p, size_t size)
{
	for (size_t i = 0; i < size; i += PAGE)
		p[i]++;
}

static int wait_good(pid_t pid)
{
	int status;

	return pid > 0 && waitpid(pid, &status, 0) == pid && status == 0;
}

/* Copies on both sides, children of children, another program. */
static int check_forks(void)
{
	char *p = map(NULL, PAGES * PAGE, 0);
	int good = 0;

	touch(p, PAGES * PAGE);
	for (int i = 0; i < ROUNDS; i++) {
		pid_t pid = fork();

		if (pid == 0) {
			touch(p, PAGES * PAGE / 2);
			pid = fork();
			if (pid == 0) {
				touch(p, PAGES * PAGE);
				execl("/init", "init", "exec-child", "0", (char *)NULL);
			}
			_exit(!wait_good(pid));
		}
		touch(p + PAGES * PAGE / 4, PAGES * PAGE / 2);
		good += wait_good(pid);
	}
	munmap(p, PAGES * PAGE);
	return guest_check(good == ROUNDS, "forks");
}

/* Where tables of all levels come and go, so far apart. */
#ifdef __x86_64__
#define SPREAD_BASE 0x100000000000ul
#define SPREAD_BITS { 21, 30, 39 }
#else
#define SPREAD_BASE 0x40000000ul
#define SPREAD_BITS { 21, 22, 26 }
#endif

static int check_spread(void)
{
	static const int bits[] = SPREAD_BITS;
	int good = 0, wanted = 0;

	for (int level = 0; level < 3; level++)
		for (int round = 0; round < ROUNDS; round++) {
			char *at = (char *)(SPREAD_BASE +
					    ((round % 5 + 1ul) << bits[level]));
			char *p = map(at, 3 * PAGE, 0);

			wanted++;
			good += p == at;
			if (p != at)
				continue;
			touch(p, 3 * PAGE);
			munmap(p, 3 * PAGE);
		}
	return guest_check(good == wanted, "spread");
}

static int check_changes(void)
{
	char *p = map(NULL, PAGES * PAGE, 0), *q;
	int bad = 0;

	for (int i = 0; i < ROUNDS; i++) {
		touch(p, PAGES * PAGE);
		mprotect(p, PAGES * PAGE, PROT_READ);
		mprotect(p + PAGE, PAGE, PROT_NONE);
		mprotect(p, PAGES * PAGE, PROT_READ | PROT_WRITE | (i % 2 ? PROT_EXEC : 0));
		q = mremap(p, PAGES * PAGE, 2 * PAGES * PAGE, MREMAP_MAYMOVE);
		if (q == MAP_FAILED)
			return guest_check(0, "mremap");
		touch(q, 2 * PAGES * PAGE);
		madvise(q, PAGES * PAGE, i % 2 ? MADV_DONTNEED : MADV_FREE);
		madvise(q, PAGES * PAGE, i % 2 ? MADV_COLD : MADV_PAGEOUT);
		mlock(q, PAGE * 8);
		munlock(q, PAGE * 8);
		p = mremap(q, 2 * PAGES * PAGE, PAGES * PAGE, MREMAP_MAYMOVE);
		bad |= p == MAP_FAILED;
	}
	munmap(p, PAGES * PAGE);
	return guest_check(!bad, "changes");
}

/* Large pages, split and moved; a fork shares them. */
static int check_large(void)
{
	for (int i = 0; i < ROUNDS / 4; i++) {
		char *all = map(NULL, 8 * LARGE, 0), *to = map(NULL, 8 * LARGE, 0);
		char *p = (char *)(((uintptr_t)all + LARGE - 1) & ~(LARGE - 1));
		pid_t pid;

		to = (char *)(((uintptr_t)to + LARGE - 1) & ~(LARGE - 1));
		madvise(p, 4 * LARGE, MADV_HUGEPAGE);
		touch(p, 4 * LARGE);
		pid = fork();
		if (pid == 0) {
			touch(p, LARGE);
			_exit(0);
		}
		if (!wait_good(pid))
			return guest_check(0, "a child with large pages");
		touch(p, LARGE);
		mprotect(p, LARGE, PROT_READ);
		mprotect(p + LARGE, 4 * PAGE, PROT_READ);	/* splits */
		madvise(p + 2 * LARGE + PAGE, PAGE, MADV_DONTNEED);
		if (mremap(p + 3 * LARGE, LARGE, LARGE, MREMAP_MAYMOVE | MREMAP_FIXED, to) != to)
			return guest_check(0, "a large page moves");
		touch(to, LARGE);
		munmap(all, 8 * LARGE);
		munmap(to, 7 * LARGE);
	}
	return guest_check(1, "large");
}

static int check_files(void)
{
	int fd = open("/tmp/tables", O_RDWR | O_CREAT, 0600), bad;
	char *p, *q;

	bad = ftruncate(fd, PAGES * PAGE);
	for (int i = 0; i < ROUNDS; i++) {
		p = mmap(NULL, PAGES * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
		q = mmap(NULL, PAGES * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
		touch(p, PAGES * PAGE);
		touch(q, PAGES * PAGE);
		msync(p, PAGES * PAGE, MS_SYNC);
		if (i % 2)
			bad |= ftruncate(fd, PAGE) | ftruncate(fd, PAGES * PAGE);
		munmap(p, PAGES * PAGE);
		munmap(q, PAGES * PAGE);
	}
	close(fd);
	unlink("/tmp/tables");
	return guest_check(!bad, "files");
}

static void *fault_around(void *arg)
{
	for (int i = 0; i < ROUNDS; i++) {
		char *p = map(NULL, PAGES * PAGE, 0);

		touch(p, PAGES * PAGE);
		touch(arg, PAGES * PAGE);
		mprotect(p, PAGE, PROT_READ);
		munmap(p, PAGES * PAGE);
		madvise(arg, PAGES * PAGE, MADV_DONTNEED);
	}
	return NULL;
}

static int check_threads(void)
{
	char *shared = map(NULL, PAGES * PAGE, 0);
	pthread_t t[THREADS];
	int bad = 0;

	for (int i = 0; i < THREADS; i++)
		bad |= pthread_create(&t[i], NULL, fault_around, shared);
	for (int i = 0; !bad && i < THREADS; i++)
		pthread_join(t[i], NULL);
	return guest_check(!bad, "threads");
}

static int poke(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY), bad = fd < 0 || write(fd, text, strlen(text)) < 0;

	close(fd);
	return bad;
}

/* What only some kernels have: LDTs, code that is patched, memory as a device. */
static int check_others(void)
{
	int fd = open("/dev/mem", O_RDONLY);
	char *p = mmap(NULL, 16 * PAGE, PROT_READ, MAP_SHARED, fd, 0xe0000);
	int mounted;

	if (p != MAP_FAILED)
		munmap(p, 16 * PAGE);
	close(fd);
	guest_set_ldt(0, SEG_DATA32);
	guest_set_ldt(600, SEG_CODE32);
	guest_set_ldt(0, SEG_NONE);
	mkdir("/tmp/tracing", 0700);
	mounted = mount("tracefs", "/tmp/tracing", "tracefs", 0, NULL) == 0;
	for (int i = 0; mounted && i < 2; i++) {
		poke("/tmp/tracing/set_ftrace_filter", "vfs_*");
		poke("/tmp/tracing/current_tracer", "function");
		poke("/tmp/tracing/current_tracer", "nop");
	}
	poke("/proc/self/clear_refs", "1");
	poke("/proc/self/clear_refs", "4");
	poke("/proc/sys/vm/compact_memory", "1");
	poke("/proc/sys/vm/drop_caches", "3");
	if (access("/sys/devices/system/cpu/cpu1/online", W_OK))
		return 0;
	return guest_check(!poke("/sys/devices/system/cpu/cpu1/online", "0") &&
			   !poke("/sys/devices/system/cpu/cpu1/online", "1"),
			   "a processor leaves and comes back");
}

/* For who wants to know it: user mode has tables of its own. */
static int isolates(void)
{
	char line[4096];
	FILE *f = fopen("/proc/cpuinfo", "r");
	int found = 0;

	while (f && fgets(line, sizeof(line), f))
		found |= !strncmp(line, "flags", 5) && strstr(line, " pti ");
	if (f)
		fclose(f);
	return found;
}

int test_tables(void)
{
	printf("# page-table isolation %s, %ld processors\n", isolates() ? "on" : "off",
	       sysconf(_SC_NPROCESSORS_ONLN));
	return check_forks() | check_spread() | check_changes() | check_large() | check_files() |
		check_threads() | check_others();
}
