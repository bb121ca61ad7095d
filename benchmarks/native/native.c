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
 * kernel's command line it first spins N microseconds, to shift the ticks; with
 * previrt.bench=WORD it runs only what begins so; with previrt.macro also a shell
 * script that starts a few thousand processes, counted for each of them.
 * Copyright The previrt authors
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/select.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include "../guest.h"

#define BATCHES 41
#define FAULT_PAGES 256
#define PAGE 4096
#define MAP_PAGES 16
#define FILE_STRIDE 16		/* pages that Linux maps around a fault in a file */
#define FILE_FAULTS 32
#define DESCRIPTORS 100
#define PRIORITY 10
#define SCRIPT_LINES 1000	/* two processes and a pipe each */

typedef void body_fn(long n, void *cookie);

struct benchmark {
	const char *name;
	body_fn *body;
	void (*reset)(void *cookie);	/* before each batch, not counted; or NULL */
	void *cookie;
	long n;				/* operations in a batch: most batches fit
					   between two ticks */
};

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

static void do_read(long n, void *cookie)
{
	char c;

	while (n-- > 0)
		if (read(*(int *)cookie, &c, 1) != 1)
			die("read");
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

/* A file in memory, read through a mapping; each fault maps a stretch of it. */
struct file { int fd; volatile char *p; };

static void do_file_fault(long n, void *cookie)
{
	struct file *file = cookie;

	while (n-- > 0)
		(void)file->p[n * FILE_STRIDE * PAGE];
}

static void map_file(void *cookie)
{
	struct file *file = cookie;
	size_t size = FILE_FAULTS * FILE_STRIDE * PAGE;

	if (file->p)
		munmap((void *)file->p, size);
	file->p = mmap(NULL, size, PROT_READ, MAP_SHARED, file->fd, 0);
	if (file->p == MAP_FAILED)
		die("mmap of a file");
}

static void make_file(struct file *file)
{
	static char page[PAGE];

	file->fd = open("/tmp/bench", O_RDWR | O_CREAT, 0600);
	for (int i = 0; i < FILE_FAULTS * FILE_STRIDE; i++)
		if (write(file->fd, page, PAGE) != PAGE)
			die("/tmp/bench");
}

/* Pages shared with a child that does nothing, so that the next write copies. It
   has run before they are counted. */
static void share_pages(void *cookie)
{
	static pid_t child;
	static int started[2];
	char c = 0;

	if (!child && pipe(started))
		die("pipe");
	if (child > 0) {
		kill(child, SIGKILL);
		waitpid(child, NULL, 0);
	}
	memset(cookie, 1, FAULT_PAGES * PAGE);
	child = fork();
	if (child < 0)
		die("fork");
	if (child == 0) {
		if (write(started[1], &c, 1) != 1)
			_exit(1);
		for (;;)
			pause();
	}
	if (read(started[0], &c, 1) != 1)
		die("read");
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

static void do_mprotect(long n, void *cookie)
{
	volatile char *p = cookie;

	while (n-- > 0) {
		if (mprotect(cookie, MAP_PAGES * PAGE, PROT_READ) ||
		    mprotect(cookie, MAP_PAGES * PAGE, PROT_READ | PROT_WRITE))
			die("mprotect");
		p[0] = 1;
	}
}

/* Two processes of one real-time priority: each yield gives way to the other. */
static void do_switch(long n, void *cookie)
{
	(void)cookie;
	for (; n > 0; n -= 2)
		sched_yield();
}

static pid_t partner;

static void start_partner(void *cookie)
{
	struct sched_param high = { .sched_priority = PRIORITY };

	(void)cookie;
	if (partner)
		return;
	if (sched_setscheduler(0, SCHED_FIFO, &high))
		die("sched_setscheduler");
	partner = fork();
	if (partner == 0)
		for (;;)
			sched_yield();
}

/* The partner runs whenever this process yields or sleeps, and only then. */
static void stop_partner(void)
{
	struct sched_param none = { 0 };

	kill(partner, SIGKILL);
	if (sched_setscheduler(0, SCHED_OTHER, &none))
		die("sched_setscheduler");
}

static void do_nothing_more(int signal)
{
	(void)signal;
}

static void do_signal(long n, void *cookie)
{
	pid_t self = getpid();

	(void)cookie;
	while (n-- > 0)
		kill(self, SIGUSR1);
}

static void do_select(long n, void *cookie)
{
	int *fd = cookie;
	struct timeval now = { 0, 0 };
	fd_set set;

	while (n-- > 0) {
		FD_ZERO(&set);
		for (int i = 0; i < DESCRIPTORS; i++)
			FD_SET(fd[i], &set);
		if (select(fd[DESCRIPTORS - 1] + 1, &set, NULL, NULL, &now) != 0)
			die("select");
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

/* Programs that the shell finds, a pipe between each two, files. */
static void measure_script(void)
{
	char script[256];
	uint64_t start;
	int status;

	snprintf(script, sizeof(script), "i=0; while [ $i -lt %d ]; do "
		 "/bin/echo $i | /bin/cat >> /tmp/script; i=$((i + 1)); done; "
		 "[ $(/bin/wc -l < /tmp/script) = %d ]", SCRIPT_LINES, SCRIPT_LINES);
	start = now();
	status = system(script);
	if (status)
		die("script");
	printf("bench shell script|%.2f|0.00\n", (double)(now() - start) /
	       TICKS_PER_INSTRUCTION / (2 * SCRIPT_LINES + 1));
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
	const char *phase = command_line("previrt.phase=");
	uint64_t end = now() + (phase ? strtoull(phase, NULL, 10) * 1000 : 0);

	while (now() < end)
		;
}

static int is_wanted(const char *name)
{
	const char *only = command_line("previrt.bench=");

	return !only || !strncmp(only, name, strcspn(only, " \n"));
}

static void open_descriptors(int *fd)
{
	int pair[2];

	for (int i = 0; i < DESCRIPTORS; i++) {
		if (pipe(pair))
			die("pipe");
		fd[i] = pair[0];
	}
}

static void *new_pages(int count)
{
	void *p = mmap(NULL, (size_t)count * PAGE, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		die("mmap");
	return p;
}

int main(int argc, char **argv)
{
	if (argc == 2 && !strcmp(argv[1], "child"))
		return 0;

	static struct echo echo;
	static struct file file;
	static int zero, fd[DESCRIPTORS];
	void *pages = new_pages(FAULT_PAGES), *shared = new_pages(FAULT_PAGES);
	const struct benchmark b[] = {
		{ "getppid",	   do_getppid,	  NULL,	      NULL,  200 },
		{ "read",	   do_read,	  NULL,	      &zero, 200 },
		{ "pipe round trip", do_pipe,	  NULL,	      &echo, 20 },
		{ "page fault",	   do_page_fault, drop_pages, pages, FAULT_PAGES / 4 },
		{ "page fault (file)", do_file_fault, map_file, &file, FILE_FAULTS },
		{ "page fault (cow)", do_page_fault, share_pages, shared, FAULT_PAGES / 4 },
		{ "mmap + munmap", do_mmap,	  NULL,	      NULL,  10 },
		{ "mprotect",	   do_mprotect,	  NULL,	      pages, 20 },
		{ "fork + exit",   do_fork_exit,  NULL,	      NULL,  8 },
		{ "vfork + exec",  do_vfork_exec, NULL,	      NULL,  8 },
		{ "signal",	   do_signal,	  NULL,	      NULL,  50 },
		{ "select",	   do_select,	  NULL,	      fd,    20 },
		{ "context switch", do_switch,	  start_partner, NULL, 40 },
	};
	struct benchmark nothing = { "nothing", do_nothing, NULL, NULL, 1000 };
	double overhead, spread, count;
	size_t i;

	shift_phase();
	zero = open("/dev/zero", O_RDONLY);
	if (zero < 0)
		die("/dev/zero");
	signal(SIGUSR1, do_nothing_more);
	make_file(&file);
	start_echo(&echo);
	open_descriptors(fd);
	overhead = measure(&nothing, 0, &spread);
	for (i = 0; i < sizeof(b) / sizeof(b[0]); i++) {
		if (!is_wanted(b[i].name))
			continue;
		count = measure(&b[i], overhead, &spread);
		printf("bench %s|%.2f|%.2f\n", b[i].name, count, spread);
	}
	if (partner)
		stop_partner();
	if (command_line("previrt.macro"))
		measure_script();
	return 0;
}
