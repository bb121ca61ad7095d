/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
#include "run_gdb_port.h"
#include "diag.h"
#include "run.h"
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define UNIX "unix:"
#define WAIT ",wait"

/* To the wedge, when gdb has gone without a word, and its answer (gdb/server.c). */
static const char relay_gone[] = "$Qprevirt.Left#16", relay_left[] = "$left#ab";

/* Digits alone, with or without a word behind a comma. */
static bool port_is_number(const char *value)
{
	size_t digits = strspn(value, "0123456789");

	return digits && (!value[digits] || value[digits] == ',');
}

bool run_gdb_port_set(struct run_gdb_port *port, const char *value, bool *good)
{
	bool is_path = !strncmp(value, UNIX, strlen(UNIX));
	unsigned long number = 1;
	char *text, *comma;

	if (!is_path && !port_is_number(value))
		return false;
	text = util_copy(is_path ? value + strlen(UNIX) : value);
	comma = strrchr(text, ',');
	port->wait = comma && !strcmp(comma, WAIT);
	if (port->wait)
		*comma = 0;
	if (!is_path)
		number = strchr(text, ',') || strlen(text) > 5 ? 0 : strtoul(text, NULL, 10);
	*good = !port->given && *text && number && number <= UINT16_MAX &&
		strlen(text) < sizeof(((struct sockaddr_un *)0)->sun_path);
	if (!*good)
		diag_error(DIAG_USAGE, NULL, "run: --gdb %s: once, PORT[,wait], unix:PATH[,wait] or "
			   "FILE is needed", value);
	port->given = true;
	port->port = is_path ? 0 : (uint16_t)number;
	free(port->path);
	port->path = text;
	return true;
}

void run_gdb_port_free(struct run_gdb_port *port)
{
	free(port->path);
}

void run_gdb_port_qemu(const struct run_gdb_port *port, struct run_words *words)
{
	char *name = run_qemu_name(port->path), *text;

	if (port->port)
		text = util_printf("tcp:127.0.0.1:%u", port->port);
	else
		text = util_printf("unix:%s,server=on,wait=off", name);
	run_word(words, "-gdb");
	run_word(words, text);
	if (port->wait)
		run_word(words, "-S");
	free(text);
	free(name);
}

static int relay_listen(const struct run_gdb_port *port)
{
	struct sockaddr_in in = { .sin_family = AF_INET, .sin_port = htons(port->port),
				  .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	int one = 1, file = socket(port->port ? AF_INET : AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	bool bound;

	if (file < 0)
		return -1;
	strncpy(un.sun_path, port->path, sizeof(un.sun_path) - 1);
	if (port->port)
		setsockopt(file, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	bound = !(port->port ? bind(file, (void *)&in, sizeof(in)) : bind(file, (void *)&un, sizeof(un)));
	if (bound && !listen(file, 1))
		return file;
	one = errno;
	close(file);
	errno = one;
	return -1;
}

int run_gdb_relay_open(struct run_gdb_relay *relay, const struct run_gdb_port *port)
{
	int ends[2];

	relay->listener = relay_listen(port);
	if (relay->listener >= 0 && !port->port)
		relay->path = port->path;
	if (relay->listener >= 0 && !socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends)) {
		relay->wedge = ends[0];
		return ends[1];
	}
	diag_error(DIAG_RUN_START, NULL, "--gdb %s: %s", port->path, strerror(errno));
	return -1;
}

/* One gdb at a time; the next one when the wedge has answered that this one is gone. */
void run_gdb_relay_poll(const struct run_gdb_relay *relay, struct pollfd *p)
{
	p[0].fd = relay->left ? -1 : relay->gdb >= 0 ? relay->gdb : relay->listener;
	p[1].fd = relay->wedge;
	p[0].events = p[1].events = POLLIN;
}

static void relay_meet(struct run_gdb_relay *relay)
{
	int one = 1;

	relay->gdb = accept4(relay->listener, NULL, NULL, SOCK_CLOEXEC);
	if (relay->gdb >= 0)
		setsockopt(relay->gdb, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
}

static void relay_from_gdb(struct run_gdb_relay *relay)
{
	char bytes[4096];
	ssize_t n = read(relay->gdb, bytes, sizeof(bytes));

	if (n > 0) {
		util_write(relay->wedge, bytes, (size_t)n);
	} else if (n == 0 || errno != EINTR) {
		close(relay->gdb);
		relay->gdb = -1;
		relay->left = 1;
		util_write(relay->wedge, relay_gone, strlen(relay_gone));
	}
}

/* The wedge's last word to a gdb that has gone is looked for, and all else is nobody's. */
static void relay_drop(struct run_gdb_relay *relay, const char *bytes, ssize_t n)
{
	for (ssize_t i = 0; i < n && relay->left; i++) {
		size_t matched = relay->left - 1;

		matched = bytes[i] == relay_left[matched] ? matched + 1 : bytes[i] == relay_left[0];
		relay->left = relay_left[matched] ? matched + 1 : 0;
	}
}

static void relay_from_wedge(struct run_gdb_relay *relay)
{
	char bytes[4096];
	ssize_t n = read(relay->wedge, bytes, sizeof(bytes));

	if (n <= 0) {
		if (n == 0 || errno != EINTR) {		/* it has ended */
			close(relay->wedge);
			relay->wedge = -1;
		}
	} else if (relay->left) {
		relay_drop(relay, bytes, n);
	} else if (relay->gdb >= 0) {
		util_write(relay->gdb, bytes, (size_t)n);
	}
}

void run_gdb_relay_serve(struct run_gdb_relay *relay, const struct pollfd *p)
{
	if (p[1].revents)
		relay_from_wedge(relay);
	if (p[0].revents && relay->gdb < 0)
		relay_meet(relay);
	else if (p[0].revents)
		relay_from_gdb(relay);
}

void run_gdb_relay_end(struct run_gdb_relay *relay, int status)
{
	uint8_t sum = 0;
	char *text = util_printf("W%02x", (unsigned)status), *packet;

	for (const char *c = text; *c; c++)
		sum += (uint8_t)*c;
	packet = util_printf("$%s#%02x", text, sum);
	if (relay->gdb >= 0) {
		util_write(relay->gdb, packet, strlen(packet));
		close(relay->gdb);
	}
	if (relay->path)
		unlink(relay->path);
	if (relay->listener >= 0)
		close(relay->listener);
	if (relay->wedge >= 0)
		close(relay->wedge);
	free(packet);
	free(text);
}
