/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * patching: the kernel rewrites its own code again and again while it works:
 * the function tracer on functions full of sensitive instructions, events
 * (jump labels and static calls), probes at entries, returns and within.
 * tracing: the same without probes.
 * Copyright The previrt authors
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>
#include "guest.h"

#define TRACING "/sys/kernel/tracing/"
#define ROUNDS 5

/* Write to a file of tracefs; @how: O_APPEND to what it says, or O_TRUNC. */
static int put_as(const char *file, const char *text, int how)
{
	char path[128];
	int fd, good;

	snprintf(path, sizeof(path), TRACING "%s", file);
	fd = open(path, O_WRONLY | how);
	if (fd < 0)
		return 0;
	good = write(fd, text, strlen(text)) == (ssize_t)strlen(text);
	return !close(fd) && good;
}

static int put(const char *file, const char *text)
{
	return put_as(file, text, O_APPEND);
}

/* Lines of the trace in which @word stands. */
static int lines_with(const char *word)
{
	static char line[1024];
	FILE *f = fopen(TRACING "trace", "r");
	int n = 0;

	while (f && fgets(line, sizeof(line), f))
		n += line[0] != '#' && strstr(line, word) != NULL;
	if (f)
		fclose(f);
	return n;
}

static void clear(void)
{
	int fd = open(TRACING "trace", O_WRONLY | O_TRUNC);

	if (fd >= 0)
		close(fd);
}

/* Processes, page faults, files, a sleep. */
static int work(void)
{
	int i, status, fd, bad = 0;

	for (i = 0; i < 3; i++) {
		char *page = mmap(NULL, 65536, PROT_READ | PROT_WRITE,
				  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

		memset(page, i, 65536);
		if (fork() == 0) {
			page[5] = 7;
			usleep(1000);
			_exit(page[5]);
		}
		bad |= wait(&status) < 0 || WEXITSTATUS(status) != 7;
		munmap(page, 65536);
		fd = open("/proc/self/stat", O_RDONLY);
		bad |= fd < 0 || read(fd, &status, 1) != 1;
		close(fd);
	}
	return bad;
}

static int check_tracer(const char *tracer, const char *filter)
{
	int bad = 0;

	bad |= !put_as("set_ftrace_filter", filter, O_TRUNC);
	clear();
	bad |= !put("current_tracer", tracer);
	bad |= work();
	bad |= !put("current_tracer", "nop");
	bad |= work();
	return guest_check(!bad, "%s of %s", tracer, filter);
}

static int check_functions(const char *seen)
{
	int bad = !put_as("set_ftrace_filter", "", O_TRUNC), n;

	clear();
	bad |= !put("current_tracer", "function");
	bad |= work();
	/* Or what is read would be pushed out while it is read. */
	bad |= !put("tracing_on", "0");
	n = lines_with(seen);
	bad |= !put("tracing_on", "1") || !put("current_tracer", "nop");
	bad |= work();
	return guest_check(!bad && n > 0, "every function traced, %s among them", seen);
}

static int check_events(void)
{
	int bad = 0, switches, ticks;

	clear();
	bad |= !put("events/sched/enable", "1") || !put("events/irq/enable", "1") ||
	       !put("events/timer/enable", "1");
	bad |= work();
	switches = lines_with("sched_switch");
	ticks = lines_with("hrtimer_expire_entry") + lines_with("timer_expire_entry");
	bad |= !put("events/enable", "0");
	bad |= work();
	return guest_check(!bad && switches && ticks, "events on and off");
}

static int check_probes(void)
{
	static const char *const probes[] = {
		"p:previrt/entry do_sys_openat2", "r:previrt/back do_sys_openat2 $retval",
		"p:previrt/fault handle_mm_fault",
		/* pushf, cli and popf stand in it. */
		"p:previrt/queue add_wait_queue", "r:previrt/queued add_wait_queue",
	};
	int bad = 0, entries, returns, queued;
	size_t i;

	clear();
	for (i = 0; i < sizeof(probes) / sizeof(probes[0]); i++)
		bad |= !put("kprobe_events", probes[i]);
	bad |= !put("events/previrt/enable", "1");
	bad |= work();
	bad |= !put("events/previrt/enable", "0");
	/* Only now: to look at the trace is to open a file. */
	entries = lines_with("entry:");
	returns = lines_with("back:");
	queued = lines_with("queue:") == lines_with("queued:") ? lines_with("queue:") : 0;
	bad |= work();
	bad |= !put_as("kprobe_events", "", O_TRUNC);
	return guest_check(!bad && entries && entries == returns && queued,
			   "probes at entries and returns");
}

/* How many bytes function @name has; 0: it is not known. */
static int size_of(const char *name)
{
	FILE *f = fopen("/proc/kallsyms", "r");
	unsigned long start = 0, at, end = 0;
	char line[256], symbol[128];

	while (f && !end && fgets(line, sizeof(line), f)) {
		if (sscanf(line, "%lx %*c %127s", &at, symbol) != 2)
			continue;
		if (start && at > start)
			end = at;
		else if (!strcmp(symbol, name))
			start = at;
	}
	if (f)
		fclose(f);
	return end - start;
}

/*
 * A probe on each instruction of a function in which pushf, cli and popf stand, as
 * sites. One that has become a call through memory is refused, as Linux does with
 * all such calls.
 */
static int check_probes_within(const char *function)
{
	int size = size_of(function), bad = 0, set = 0, refused = 0, at;
	char probe[128];

	clear();
	for (at = 0; at < size; at++) {
		snprintf(probe, sizeof(probe), "p:previrt/at%d %s+%d", at, function, at);
		if (put("kprobe_events", probe))
			set++;
		else
			refused += errno == EOPNOTSUPP;
	}
	bad |= !put("events/previrt/enable", "1");
	bad |= work();
	bad |= !put("events/previrt/enable", "0");
	at = lines_with("at0:");
	bad |= work();
	bad |= !put_as("kprobe_events", "", O_TRUNC);
	printf("# %s: %d probes set, %d refused, %d hits of the first\n", function, set, refused, at);
	return guest_check(!bad && at && set > 10, "probes on the instructions of %s", function);
}

static int check_rounds(int with_probes)
{
	int round, bad = 0;

	mount("tracefs", "/sys/kernel/tracing", "tracefs", 0, NULL);
	for (round = 0; round < ROUNDS; round++) {
		bad |= check_tracer("function", "native_*");
		bad |= check_tracer("function", "*irq*");
		bad |= check_events();
		bad |= with_probes && check_probes();
	}
	return bad;
}

int test_tracing(void)
{
	int bad = check_rounds(0);

	return check_functions("do_sys_openat2") | bad;
}

int test_patching(void)
{
	int bad = check_rounds(1);

	bad |= check_probes_within("add_wait_queue");
	bad |= check_functions("do_sys_openat2");
	bad |= check_tracer("function_graph", "do_sys_openat2");
	return bad;
}
