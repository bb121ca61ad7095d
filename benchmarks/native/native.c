/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Instructions per operation, seen from inside a guest whose rdtsc counts
 * instructions (QEMU -icount shift=3: eight for each).  Static, run by /init.
 *
 * Each body does its operation n times; it is warmed, then run in batches, and
 * the median batch counts, so that a timer tick in a few of them does not
 * show.  What the loop itself costs is taken off.
 *
 * Prints "bench NAME|COUNT|SPREAD" for each: instructions per operation, and
 * half the distance between the quartiles.  With previrt.phase=N on the
 * kernel's command line it first spins N microseconds, to shift the ticks.
 * Copyright The previrt authors
 */
#define _GNU_SOURCE
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define TICKS_PER_INSTRUCTION 8.0	/* -icount shift=3 */
#define BATCHES 41
#define FAULT_PAGES 256
#define PAGE 4096
#define MAP_PAGES 16

typedef void body_fn(long n, void *cookie);

struct benchmark {
	const char *name;
	body_fn *body;
	void (*reset)(void *cookie);	/* before each batch, not counted; or NULL */
	void *cookie;
	long n;				/* operations in a batch: most batches fit
					   between two ticks */
};

static inline uint64_t now(void)
{
	uint32_t lo, hi;

	asm volatile("rdtsc" : "=a"(lo), "=d"(hi) :: "memory");
	return (uint64_t)hi << 32 | lo;
}

static void die(const char *what)
{
	perror(what);
	exit(1);
}

static void do_nothing(long n, void *cookie)
{
	(void)cookie;
	while (n-- > 0)
		asm volatile("" ::: "memory");
}

static void do_getppid(long n, void *cookie)
{
	(void)cookie;
	while (n-- > 0)
		syscall(SYS_getppid);
}

static void do_fork_exit(long n, void *cookie)
{
	(void)cookie;
	while (n-- > 0) {
		pid_t pid = fork();
		int status;

		if (pid == 0)
			_exit(0);
		if (pid < 0 || waitpid(pid, &status, 0) != pid || status)
			die("fork");
	}
}

static void do_vfork_exec(long n, void *cookie)
{
	(void)cookie;
	while (n-- > 0) {
		pid_t pid = vfork();
		int status;

		if (pid == 0) {
			execl("/bench", "bench", "child", (char *)NULL);
			_exit(127);
		}
		if (pid < 0 || waitpid(pid, &status, 0) != pid || status)
			die("exec");
	}
}

static void do_page_fault(long n, void *cookie)
{
	volatile char *p = cookie;

	while (n-- > 0)
		p[n * PAGE] = 1;
}

static void drop_pages(void *cookie)
{
	if (madvise(cookie, FAULT_PAGES * PAGE, MADV_DONTNEED))
		die("madvise");
}

static void do_mmap(long n, void *cookie)
{
	(void)cookie;
	while (n-- > 0) {
		char *p = mmap(NULL, MAP_PAGES * PAGE, PROT_READ | PROT_WRITE,
			       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

		if (p == MAP_FAILED)
			die("mmap");
		p[0] = p[(MAP_PAGES - 1) * PAGE] = 1;
		if (munmap(p, MAP_PAGES * PAGE))
			die("munmap");
	}
}

struct echo { int to[2], from[2]; };

static void do_pipe(long n, void *cookie)
{
	struct echo *e = cookie;
	char c = 0;

	while (n-- > 0)
		if (write(e->to[1], &c, 1) != 1 || read(e->from[0], &c, 1) != 1)
			die("pipe");
}

static pid_t start_echo(struct echo *e)
{
	pid_t pid;
	char c;

	if (pipe(e->to) || pipe(e->from))
		die("pipe");
	pid = fork();
	if (pid == 0) {
		close(e->to[1]);
		while (read(e->to[0], &c, 1) == 1)
			if (write(e->from[1], &c, 1) != 1)
				break;
		_exit(0);
	}
	return pid;
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double measure(const struct benchmark *b, double overhead, double *spread)
{
	double t[BATCHES];
	uint64_t start;
	int i;

	for (i = -2; i < BATCHES; i++) {	/* two to warm up */
		if (b->reset)
			b->reset(b->cookie);
		start = now();
		b->body(b->n, b->cookie);
		if (i >= 0)
			t[i] = (double)(now() - start) / TICKS_PER_INSTRUCTION /
				(double)b->n - overhead;
	}
	qsort(t, BATCHES, sizeof(t[0]), by_value);
	*spread = (t[BATCHES * 3 / 4] - t[BATCHES / 4]) / 2;
	return t[BATCHES / 2];
}

static void shift_phase(void)
{
	FILE *f = fopen("/proc/cmdline", "r");
	char line[2048] = "", *p;
	uint64_t end;

	if (!f || !fgets(line, sizeof(line), f))
		die("/proc/cmdline");
	fclose(f);
	p = strstr(line, "previrt.phase=");
	end = now() + (p ? strtoull(p + strlen("previrt.phase="), NULL, 10) * 1000 : 0);
	while (now() < end)
		;
}

int main(int argc, char **argv)
{
	static struct echo echo;
	struct benchmark b[] = {
		{ "getppid",	   do_getppid,	  NULL,	      NULL,  200 },
		{ "pipe round trip", do_pipe,	  NULL,	      &echo, 20 },
		{ "page fault",	   do_page_fault, drop_pages, NULL,  FAULT_PAGES / 4 },
		{ "mmap + munmap", do_mmap,	  NULL,	      NULL,  10 },
		{ "fork + exit",   do_fork_exit,  NULL,	      NULL,  8 },
		{ "vfork + exec",  do_vfork_exec, NULL,	      NULL,  8 },
	};
	struct benchmark nothing = { "nothing", do_nothing, NULL, NULL, 1000 };
	double overhead, spread, count;
	size_t i;

	if (argc == 2 && !strcmp(argv[1], "child"))
		return 0;
	(void)argc;
	shift_phase();
	b[2].cookie = mmap(NULL, FAULT_PAGES * PAGE, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (b[2].cookie == MAP_FAILED)
		die("mmap");
	start_echo(&echo);
	overhead = measure(&nothing, 0, &spread);
	for (i = 0; i < sizeof(b) / sizeof(b[0]); i++) {
		count = measure(&b[i], overhead, &spread);
		printf("bench %s|%.2f|%.2f\n", b[i].name, count, spread);
	}
	return 0;
}
