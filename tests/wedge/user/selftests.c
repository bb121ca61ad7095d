/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * Runs each program /st_NAME, one after the other, and says how it ended:
 * passed, skipped (status 4), or its status or signal. Its own words go to
 * /selftests.log, which a shell in the guest may look at.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define SECONDS 60
#define SKIPPED 4
#define FOLDER "/"
#define PREFIX "st_"		/* of their names */

static void end_of(const char *name, int status)
{
	if (WIFSIGNALED(status))
		printf("%s: %s\n", name, WTERMSIG(status) == SIGALRM ? "no end" : "signal");
	else if (WEXITSTATUS(status) == SKIPPED)
		printf("%s: skipped\n", name);
	else if (WEXITSTATUS(status))
		printf("%s: status %d\n", name, WEXITSTATUS(status));
	else
		printf("%s: passed\n", name);
}

static int run(const char *name)
{
	int status = -1, log = open("/selftests.log", O_WRONLY | O_CREAT | O_APPEND, 0600);
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (pid == 0) {
		setsid();
		dup2(open("/dev/null", O_RDONLY), 0);
		dup2(log, 1);
		dup2(log, 2);
		alarm(SECONDS);
		execl(name, name, NULL);
		_exit(127);
	}
	close(log);
	waitpid(pid, &status, 0);
	kill(-pid, SIGKILL);	/* what it has left behind */
	return status;
}

int main(void)
{
	struct dirent **entries;
	int n = scandir(FOLDER, &entries, NULL, alphasort), ran = 0;

	/* What a test leaves behind is not to be taken for this program's end. */
	prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
	if (n < 0 || chdir(FOLDER))
		return 1;
	for (int i = 0; i < n; i++)
		if (!strncmp(entries[i]->d_name, PREFIX, strlen(PREFIX))) {
			end_of(entries[i]->d_name + strlen(PREFIX), run(entries[i]->d_name));
			ran++;
		}
	printf("%d selftests ran\n", ran);
	return ran == 0;
}
