/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
#include "run_net.h"
#include "diag.h"
#include "options.h"
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define HOST "127.0.0.1"
#define GUEST "10.0.2.15"	/* the first address that DHCP gives */

/* An address and a port, parted by the last colon of @text; false: they are none. */
static bool net_end(char *text, const char *ordinary, const char **address, unsigned *port)
{
	char *colon = strrchr(text, ':'), *end;
	struct in_addr ignored;

	if (!colon)
		return false;
	*colon = '\0';
	*address = *text ? text : ordinary;
	*port = (unsigned)strtoul(colon + 1, &end, 10);
	return colon[1] >= '0' && colon[1] <= '9' && !*end && *port && *port < 65536 &&
	       inet_pton(AF_INET, *address, &ignored) == 1;
}

/* tcp:ADDRESS:PORT-ADDRESS:PORT in full, to be freed, or NULL. */
static char *net_forward(const char *value)
{
	char *text = util_copy(value), *dash = strchr(text, '-'), *full = NULL;
	const char *host, *guest;
	unsigned from, to;

	if (dash)
		*dash = '\0';
	if (dash && (!strncmp(text, "tcp:", 4) || !strncmp(text, "udp:", 4)) &&
	    net_end(text + 4, HOST, &host, &from) && net_end(dash + 1, GUEST, &guest, &to))
		full = util_printf("%.4s%s:%u-%s:%u", value, host, from, guest, to);
	free(text);
	return full;
}

static bool net_word(struct run_net *net, const char *word)
{
	static const char forward[] = "hostfwd=";
	char *full;

	if (!strcmp(word, "loopback"))
		return net->loopback = true;
	if (strncmp(word, forward, strlen(forward)))
		return false;
	full = net_forward(word + strlen(forward));
	if (full)
		array_add(&net->forward, full);
	return full;
}

bool run_net_set(struct run_net *net, const char *value)
{
	char *copy = util_copy(value), *save = NULL, *word = strtok_r(copy, ",", &save);
	bool good = word && !strcmp(word, "user") && !net->given;

	net->given = true;
	while (good && (word = strtok_r(NULL, ",", &save)))
		good = net_word(net, word);
	if (!good)
		diag_error(DIAG_RUN_NET, NULL, "--net %s: once, user[,loopback]"
			   "[,hostfwd=tcp|udp:[ADDRESS]:PORT-[ADDRESS]:PORT...] is needed", value);
	free(copy);
	return good;
}

void run_net_free(struct run_net *net)
{
	for (size_t i = 0; i < net->forward.n; i++)
		free(net->forward.v[i]);
	free(net->forward.v);
}

char *run_net_netdev(const struct run_net *net)
{
	char *option = util_copy("user,id=net0");

	for (size_t i = 0; i < net->forward.n; i++) {
		char *longer = util_printf("%s,hostfwd=%s", option, net->forward.v[i]);

		free(option);
		option = longer;
	}
	return option;
}

static pid_t net_program = -1;

static _Noreturn void net_child(const struct run_net *net, char *program, int socket, int told)
{
	char **words = util_grow(NULL, net->forward.n + 3, sizeof(*words));
	size_t n = 0;

	words[n++] = program;
	if (net->loopback)
		words[n++] = (char *)"loopback";
	for (size_t i = 0; i < net->forward.n; i++)
		words[n++] = net->forward.v[i];
	words[n] = NULL;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (dup2(socket, 0) == 0 && dup2(told, 1) == 1) {
		closefrom(3);
		execv(program, words);
	}
	dprintf(1, "%s: %s\n", program, strerror(errno));
	_exit(1);
}

/* What the program says before it begins: false after a numbered error. */
static bool net_is_ready(int told)
{
	char text[256];
	size_t size = 0;
	ssize_t n;

	while (size < sizeof(text) - 1 && (n = read(told, text + size, sizeof(text) - 1 - size)) != 0)
		if (n > 0)
			size += (size_t)n;
		else if (errno != EINTR)
			break;
	text[size] = '\0';
	text[strcspn(text, "\n")] = '\0';
	if (!strcmp(text, "ready"))
		return true;
	diag_error(DIAG_RUN_NET, NULL, "%s", *text ? text : "the network's program has ended");
	return false;
}

int run_net_start(const struct run_net *net)
{
	char *program = path_wedge(RUN_NET_PROGRAM);
	int ends[2] = { -1, -1 }, told[2] = { -1, -1 };
	bool ready = false;

	if (!program)
		diag_error(DIAG_RUN_NET, NULL, RUN_NET_PROGRAM " is missing");
	else if (!socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) &&
		 !pipe2(told, O_CLOEXEC))
		net_program = fork();
	if (!net_program)
		net_child(net, program, ends[1], told[1]);
	if (program && net_program < 0)
		diag_error(DIAG_RUN_START, NULL, "%s: %s", program, strerror(errno));
	close(ends[1]);
	close(told[1]);
	if (net_program > 0)
		ready = net_is_ready(told[0]);
	close(told[0]);
	if (!ready)
		close(ends[0]);
	free(program);
	return ready ? ends[0] : -1;
}

void run_net_wait(void)
{
	while (net_program > 0 && waitpid(net_program, NULL, 0) < 0 && errno == EINTR)
		;
}
