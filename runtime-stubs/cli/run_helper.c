/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
#include "run_helper.h"
#include "options.h"
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

static _Noreturn void helper_child(char **words, int socket, int told)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (dup2(socket, 0) == 0 && dup2(told, 1) == 1) {
		closefrom(3);
		execv(words[0], words);
	}
	dprintf(1, "%s: %s\n", words[0], strerror(errno));
	_exit(1);
}

/* What the program says before it begins: NULL if it is ready. */
static char *helper_said(int told)
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
		return NULL;
	return util_copy(*text ? text : "its program has ended");
}

int run_helper_start(const char *name, char **words, pid_t *pid, char **said)
{
	int ends[2] = { -1, -1 }, told[2] = { -1, -1 };

	*pid = -1;
	words[0] = path_wedge(name);
	if (!words[0]) {
		*said = util_printf("%s is missing", name);
		return -1;
	}
	if (!socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) && !pipe2(told, O_CLOEXEC))
		*pid = fork();
	if (!*pid)
		helper_child(words, ends[1], told[1]);
	*said = *pid < 0 ? util_printf("%s: %s", words[0], strerror(errno)) : NULL;
	close(ends[1]);
	close(told[1]);
	if (*pid > 0)
		*said = helper_said(told[0]);
	close(told[0]);
	free(words[0]);
	if (!*said)
		return ends[0];
	close(ends[0]);
	return -1;
}

void run_helper_wait(pid_t pid)
{
	while (pid > 0 && waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
}
