/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * Runs each program /st_NAME, one after the other, and says how it ended:
 * passed, skipped (status 4), or its status or signal. Of one that consists of
 * many tests (kselftest_harness.h) and failed, each is named with its end. Its own
 * words go to /selftests.log; those of a failure are shown, behind a #.
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
#include <time.h>
#include <unistd.h>

#define SECONDS 150
#define SKIPPED 4
#define FOLDER "/"
#define LOG "/selftests.log"
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

/* The lines "ok N GROUP.TEST", "not ok N GROUP.TEST" and [FAIL] behind place from. */
static void parts_of(const char *name, long from)
{
	FILE *log = fopen(LOG, "r");
	char line[512], part[128];

	if (!log || fseek(log, from, SEEK_SET))
		return;
	while (fgets(line, sizeof(line), log)) {
		if (sscanf(line, "ok %*d %127[A-Za-z0-9_.]", part) == 1 && strchr(part, '.'))
			printf("%s.%s: passed\n", name, part);
		if (sscanf(line, "not ok %*d %127[A-Za-z0-9_.]", part) == 1 && strchr(part, '.'))
			printf("%s.%s: status 1\n", name, part);
		if (strstr(line, "[FAIL]"))
			printf("# %s: %s", name, line);
	}
	fclose(log);
}

static int run(const char *name)
{
	int status = -1, log = open(LOG, O_WRONLY | O_CREAT | O_APPEND, 0600);
	long from = lseek(log, 0, SEEK_END);
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
	if (WIFEXITED(status) && WEXITSTATUS(status))
		parts_of(name + strlen(PREFIX), from);
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
			time_t before = time(NULL);

			end_of(entries[i]->d_name + strlen(PREFIX), run(entries[i]->d_name));
			printf("# %ld s\n", (long)(time(NULL) - before));
			ran++;
		}
	printf("%d selftests ran\n", ran);
	return ran == 0;
}
