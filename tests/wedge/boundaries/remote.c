/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
#define _GNU_SOURCE
#include "remote.h"
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#define PACKET 8192
#define STEP_ALONE "Qqemu.sstep=7"	/* no interrupts, no timers */
#define STEP_OPEN "Qqemu.sstep=5"	/* no timers */
#define TRIES 400			/* of 50 ms, or of 1 ms */

static void fail(const char *what)
{
	printf("BAD the machine: %s\n", what);
	exit(1);
}

static void put(struct remote *r, const char *text)
{
	char packet[PACKET];
	uint8_t sum = 0;
	int n;

	for (const char *p = text; *p; p++)
		sum += (uint8_t)*p;
	n = snprintf(packet, sizeof(packet), "$%s#%02x", text, sum);
	if (write(r->gdb, packet, n) != n)
		fail("the stub is gone");
}

static char next(struct remote *r)
{
	static char buffer[PACKET];
	static ssize_t have, used;

	if (used == have) {
		have = read(r->gdb, buffer, sizeof(buffer));
		used = 0;
		if (have <= 0)
			fail("it has ended, or does not stop");
	}
	return buffer[used++];
}

/* The next packet, acknowledged. */
static void get(struct remote *r, char *text, size_t size)
{
	size_t n = 0;
	char c;

	while (next(r) != '$')
		;
	while ((c = next(r)) != '#')
		if (n < size - 1)
			text[n++] = c;
	text[n] = '\0';
	next(r);
	next(r);
	if (write(r->gdb, "+", 1) != 1)
		fail("the stub is gone");
}

static void ask(struct remote *r, const char *text, char *answer, size_t size)
{
	put(r, text);
	get(r, answer, size);
}

static void tell(struct remote *r, const char *text)
{
	char answer[64];

	ask(r, text, answer, sizeof(answer));
	if (strcmp(answer, "OK"))
		fail(text);
}

static uint8_t byte_of(const char *hex)
{
	char two[3] = { hex[0], hex[1] };

	return strtoul(two, NULL, 16);
}

void remote_read(struct remote *r, uint64_t va, void *to, size_t size)
{
	char line[64], answer[PACKET];

	snprintf(line, sizeof(line), "m%lx,%lx", va, size);
	ask(r, line, answer, sizeof(answer));
	if (strlen(answer) != 2 * size)
		fail("memory cannot be read");
	for (size_t i = 0; i < size; i++)
		((uint8_t *)to)[i] = byte_of(answer + 2 * i);
}

void remote_write32(struct remote *r, uint64_t va, uint32_t value)
{
	char line[64];

	snprintf(line, sizeof(line), "M%lx,4:%08x", va, __builtin_bswap32(value));
	tell(r, line);
}

/* Registers come in GDB's order: 16 general ones, then rip. */
uint64_t remote_rip(struct remote *r)
{
	char answer[PACKET];
	uint64_t rip = 0;

	ask(r, "g", answer, sizeof(answer));
	for (int i = 7; i >= 0; i--)
		rip = rip << 8 | byte_of(answer + 2 * (16 * 8 + i));
	return rip;
}

void remote_break(struct remote *r, uint64_t va, int on)
{
	char line[64];

	snprintf(line, sizeof(line), "%c1,%lx,1", on ? 'Z' : 'z', va);
	tell(r, line);
}

static void resume(struct remote *r, const char *how)
{
	char answer[256];

	ask(r, how, answer, sizeof(answer));
	if (answer[0] != 'T' && answer[0] != 'S')
		fail("it has ended");
}

void remote_run(struct remote *r)
{
	resume(r, "c");
}

void remote_step(struct remote *r, int open)
{
	static int now = -1;

	if (now != open)
		tell(r, open ? STEP_OPEN : STEP_ALONE);
	now = open;
	resume(r, "s");
}

/* The interrupts that wait, as the monitor tells them. */
static void waiting(struct remote *r, char *text, size_t size)
{
	char line[64] = "qRcmd,", answer[PACKET], *p;
	size_t n = 0;

	for (p = "info lapic"; *p; p++)
		sprintf(line + strlen(line), "%02x", *p);
	put(r, line);
	for (;;) {
		get(r, answer, sizeof(answer));
		if (answer[0] != 'O' || answer[1] == 'K')
			break;
		for (p = answer + 1; *p && n < size - 1; p += 2)
			text[n++] = byte_of(p);
	}
	text[n] = '\0';
	p = strstr(text, "IRR");
	memmove(text, p ? p : "", p ? strlen(p) + 1 : 1);
	p = strchr(text, '\n');
	if (p)
		*p = '\0';
}

/* The first vector in @irr that is not in @other, or 0. */
static long vector_beside(const char *irr, const char *other)
{
	char *next;
	long vector;

	for (irr += strcspn(irr, "0123456789"); *irr; irr = next + strcspn(next, "0123456789")) {
		char word[24];

		vector = strtol(irr, &next, 10);
		snprintf(word, sizeof(word), " %ld ", vector);
		if (!strstr(other, word))
			return vector;
	}
	return 0;
}

int remote_key(struct remote *r)
{
	/* As many as fill the port's queue to the level Xen has set: fewer raise
	   their interrupt some time later. */
	static const char keys[] = "kkkkkkkkkkkkkk";
	char before[PACKET], after[PACKET], word[24];

	waiting(r, before, sizeof(before));
	/* Some have been late, and interrupt now. More of them would never be
	   fetched: each time that many are, as many wait behind them. */
	snprintf(word, sizeof(word), " %ld ", r->key_vector);
	if (r->key_vector && strstr(before, word))
		return 0;
	if (write(r->keys, keys, strlen(keys)) != (ssize_t)strlen(keys))
		fail("the serial port is gone");
	for (int i = 0; i < TRIES; i++) {
		waiting(r, after, sizeof(after));
		if (vector_beside(after, before)) {
			r->key_vector = vector_beside(after, before);
			return 0;
		}
		usleep(1000);
	}
	return -1;
}

static void become(const char *machine, const char *guest, const char *log, const char *path,
		   int keys)
{
	char stub[256];

	snprintf(stub, sizeof(stub), "unix:%s,server=on,wait=off", path);
	dup2(keys, 0);
	dup2(open("/dev/null", O_WRONLY), 1);
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	execl("build/bin/previrt", "previrt", "run", "--on", machine, "--log", log, "-k", guest,
	      "--timeout", "600", "--qemu", "-S", "--qemu", "-gdb", "--qemu", stub, NULL);
	_exit(127);
}

void remote_start(struct remote *r, const char *machine, const char *guest, const char *log)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	char answer[256];
	int keys[2];

	snprintf(to.sun_path, sizeof(to.sun_path), "%s.gdb", log);
	unlink(to.sun_path);
	if (pipe2(keys, O_CLOEXEC))
		fail("no pipe");
	r->key_vector = 0;
	fflush(NULL);
	r->pid = fork();
	if (r->pid == 0)
		become(machine, guest, log, to.sun_path, keys[0]);
	close(keys[0]);
	r->keys = keys[1];
	for (int i = 0; i < TRIES; i++) {
		r->gdb = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
		if (!connect(r->gdb, (struct sockaddr *)&to, sizeof(to)))
			break;
		close(r->gdb);
		if (i == TRIES - 1 || waitpid(r->pid, NULL, WNOHANG))
			fail("it does not start");
		usleep(50000);
	}
	unlink(to.sun_path);
	ask(r, "?", answer, sizeof(answer));
}

int remote_end(struct remote *r)
{
	int status;

	put(r, "D");
	waitpid(r->pid, &status, 0);
	close(r->gdb);
	close(r->keys);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}
