/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * /init of the scripted boots: mounts what the tests need, runs the tests of
 * previrt.run=NAME,NAME,... and tells the outside how they ended. "all" is those
 * that every kernel should pass, but for previrt.but=NAME.
 *
 * What the outside relies on: the markers "guest: begin NAME", "guest: end
 * NAME status N" and "guest: all ended, status N", each a line of its own;
 * then N (0 all good, 1 not) written to QEMU's isa-debug-exit port, or, with
 * previrt.end=poweroff, an ACPI power-off.  A kernel that warned or oopsed
 * (tainted) is never status 0.
 *
 * Copyright The previrt authors
 */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/io.h>
#include <sys/klog.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>
#include "guest.h"

#define EXIT_PORT 0xf4

/* syslog(2) */
#define SYSLOG_READ_ALL 3
#define SYSLOG_CONSOLE_LEVEL 8

/* /proc/sys/kernel/tainted: machine check, bad page, die, warn, soft lock-up */
#define TAINT_BROKEN (1 << 4 | 1 << 5 | 1 << 7 | 1 << 9 | 1 << 14)

static const struct guest_test tests[] = {
	{ "smoke",	test_smoke },
	{ "bases",	test_bases },
	{ "int80",	test_int80 },
	{ "fpu",	test_fpu },
	{ "flags",	test_flags },
	{ "ptrace",	test_ptrace },
	{ "badiret",	test_badiret },
	{ "badgs",	test_badgs },
	{ "privileged",	test_privileged },
	{ "modules",	test_modules },
	{ "patching",	test_patching },
	{ "tracing",	test_tracing },
	{ "wakeups",	test_wakeups },
	{ "shell",	test_shell },
	{ "tables",	test_tables },
	{ "devices",	test_devices },
	{ "processors",	test_processors },
	{ "stress",	test_stress },
	{ "offline",	test_offline },
};

int guest_check(int good, const char *what, ...)
{
	va_list ap;

	printf(good ? "ok " : "BAD ");
	va_start(ap, what);
	vprintf(what, ap);
	va_end(ap);
	putchar('\n');
	return !good;
}

int guest_in_child(const char *what, int (*body)(void *), void *arg)
{
	int status = -1;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (pid == 0) {
		int r = body(arg);

		fflush(stdout);
		_exit(r);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		printf("%s: no child (%s)\n", what, strerror(errno));
	else if (WIFEXITED(status))
		printf("%s: exit %d\n", what, WEXITSTATUS(status));
	else
		printf("%s: signal %d\n", what, WTERMSIG(status));
	return status;
}

static void mount_all(void)
{
	mkdir("/proc", 0755);
	mkdir("/sys", 0755);
	mkdir("/dev", 0755);
	mkdir("/tmp", 01777);
	mount("proc", "/proc", "proc", 0, NULL);
	mount("sysfs", "/sys", "sysfs", 0, NULL);
	mount("dev", "/dev", "devtmpfs", 0, NULL);
	mount("tmp", "/tmp", "tmpfs", 0, NULL);
}

static void read_line(const char *path, char *buf, size_t size)
{
	int fd = open(path, O_RDONLY);
	ssize_t n = fd < 0 ? -1 : read(fd, buf, size - 1);

	buf[n > 0 ? n : 0] = '\0';
	buf[strcspn(buf, "\n")] = '\0';
	if (fd >= 0)
		close(fd);
}

void guest_word(const char *word, char *value, size_t size)
{
	char line[4096], *p, *save;
	size_t n = strlen(word);

	value[0] = '\0';
	read_line("/proc/cmdline", line, sizeof(line));
	for (p = strtok_r(line, " ", &save); p; p = strtok_r(NULL, " ", &save))
		if (!strncmp(p, word, n) && p[n] == '=')
			snprintf(value, size, "%s", p + n + 1);
}

static int run_body(void *arg)
{
	return ((const struct guest_test *)arg)->run();
}

static int run_one(const char *name)
{
	int failed = 1;
	size_t i;

	printf("guest: begin %s\n", name);
	for (i = 0; i < sizeof(tests) / sizeof(tests[0]); i++)
		if (!strcmp(name, tests[i].name))
			break;
	if (i < sizeof(tests) / sizeof(tests[0]))
		failed = guest_in_child(name, run_body, (void *)&tests[i]) != 0;
	else
		printf("no such test\n");
	printf("guest: end %s status %d\n", name, failed);
	return failed;
}

/*
 * All but wakeups, which wants QEMU's -icount, devices, which wants some, tables,
 * which wants much, patching and tracing, which want tracers, processors, stress and
 * offline, which want some, and what has no shell.
 */
static void all_names(char *names, size_t size)
{
	char but[32];
	size_t i, n = 0;

	guest_word("previrt.but", but, sizeof(but));
	for (i = 0; i < sizeof(tests) / sizeof(tests[0]); i++) {
		if (!strcmp(tests[i].name, but) || tests[i].run == test_wakeups || tests[i].run == test_devices ||
		    tests[i].run == test_tables || tests[i].run == test_patching ||
		    tests[i].run == test_tracing || tests[i].run == test_offline ||
		    tests[i].run == test_processors || tests[i].run == test_stress ||
		    (tests[i].run == test_shell && access("/bin/busybox", X_OK)))
			continue;
		n += (size_t)snprintf(names + n, size - n, "%s,", tests[i].name);
	}
}

static int kernel_is_broken(void)
{
	char buf[32];
	unsigned long tainted;

	read_line("/proc/sys/kernel/tainted", buf, sizeof(buf));
	tainted = strtoul(buf, NULL, 10);
	printf("guest: tainted %lu\n", tainted);
	return buf[0] == '\0' || (tainted & TAINT_BROKEN);
}

/* previrt.hurt=1: as a warning would leave it, to see that it is noticed. */
static void taint_kernel(void)
{
	int fd = open("/proc/sys/kernel/tainted", O_WRONLY);

	if (fd < 0 || write(fd, "512", 3) != 3)
		printf("guest: cannot taint the kernel\n");
}

static void print_kernel_log(void)
{
	static char log[1 << 17];
	int n = klogctl(SYSLOG_READ_ALL, log, sizeof(log));

	printf("guest: the kernel's log\n%.*s\n", n > 0 ? n : 0, log);
}

static void finish(int status)
{
	char end[32];

	guest_word("previrt.end", end, sizeof(end));
	if (status)
		print_kernel_log();
	/* A newline more: the port's FIFO may keep the last byte. */
	printf("guest: all ended, status %d\n\n", status);
	fflush(stdout);
	tcdrain(1);
	sleep(1);
	if (strcmp(end, "poweroff")) {
		char code = status ? 0x11 : 0x10;

		if (ioperm(EXIT_PORT, 1, 1) == 0) {
			outb(code, EXIT_PORT);
		} else {
			int fd = open("/dev/port", O_WRONLY);

			if (fd < 0 || pwrite(fd, &code, 1, EXIT_PORT) != 1)
				printf("guest: no way to the exit port\n");
		}
	}
	reboot(RB_POWER_OFF);
	for (;;)
		pause();
}

static void open_console(void)
{
	int fd = open("/dev/console", O_RDWR);

	if (fd < 0)
		return;
	dup2(fd, 0);
	dup2(fd, 1);
	dup2(fd, 2);
	if (fd > 2)
		close(fd);
	setvbuf(stdout, NULL, _IOLBF, 0);
}

int main(int argc, char **argv)
{
	char names[1024], hurt[8], *p, *save;
	int failed = 0, count = 0;

	if (argc == 3 && !strcmp(argv[1], "exec-child"))
		return atoi(argv[2]);
	if (getpid() != 1) {
		printf("usage: started by the kernel as /init\n");
		return 2;
	}
	mount_all();
	open_console();
	/* The kernel's words would split lines of ours; a panic still speaks. */
	klogctl(SYSLOG_CONSOLE_LEVEL, NULL, 1);
	guest_word("previrt.run", names, sizeof(names));
	if (!strcmp(names, "interactive")) {
		execl("/bin/busybox", "sh", "/etc/interactive", NULL);
		printf("guest: no shell in this initramfs\n");
	}
	/* Another program of the initramfs, as it is: benchmarks and the like. */
	if (names[0] == '/') {
		int status = 0;
		pid_t program = fork();

		if (program == 0) {
			execl(names, names, NULL);
			_exit(127);
		}
		/* Orphans come here, too. */
		while (wait(&status) != program)
			;
		finish(status != 0 || kernel_is_broken());
	}
	guest_word("previrt.hurt", hurt, sizeof(hurt));
	if (hurt[0])
		taint_kernel();
	if (!strcmp(names, "all"))
		all_names(names, sizeof(names));
	for (p = strtok_r(names, ",", &save); p; p = strtok_r(NULL, ",", &save)) {
		failed |= run_one(p);
		count++;
	}
	finish(failed || count == 0 || kernel_is_broken());
}
