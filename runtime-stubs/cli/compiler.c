/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/* See compiler.h for the contracts. */
#include "compiler.h"
#include "util.h"
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define WORDS_MOST 32

static _Noreturn void compiler_child(char **argv, int to, bool errors)
{
	int null = open("/dev/null", O_RDWR);

	dup2(null, STDIN_FILENO);
	dup2(errors ? null : to, STDOUT_FILENO);
	dup2(errors ? to : null, STDERR_FILENO);
	execvp(argv[0], argv);
	_exit(127);
}

/* All that comes from @from; the first line of it is kept. */
static void compiler_read(int from, char *answer, size_t room)
{
	char rest[512];
	size_t size = 0;
	ssize_t n;

	while (size + 1 < room && (n = read(from, answer + size, room - 1 - size)) > 0)
		size += (size_t)n;
	/* A writer without a reader would be ended by a signal. */
	while (read(from, rest, sizeof(rest)) > 0)
		;
	answer[size] = '\0';
	answer[strcspn(answer, "\n")] = '\0';
}

bool compiler_run(const char *cc, const char *const *arguments, bool errors, char *answer,
		  size_t room)
{
	char *words = util_copy(cc), *save = NULL, *word, *argv[WORDS_MOST + 1];
	int pipes[2], n = 0, status = -1;
	pid_t child;

	for (word = strtok_r(words, " \t", &save); word && n < WORDS_MOST / 2;
	     word = strtok_r(NULL, " \t", &save))
		argv[n++] = word;
	answer[0] = '\0';
	if (!n || pipe2(pipes, O_CLOEXEC)) {
		free(words);
		return false;
	}
	while (*arguments && n < WORDS_MOST)
		argv[n++] = (char *)*arguments++;
	argv[n] = NULL;
	child = fork();
	if (!child)
		compiler_child(argv, pipes[1], errors);
	close(pipes[1]);
	if (child > 0) {
		compiler_read(pipes[0], answer, room);
		waitpid(child, &status, 0);
	}
	close(pipes[0]);
	free(words);
	return !status;
}

int compiler_major(const char *cc, char *answer, size_t room)
{
	static const char *const arguments[] = { COMPILER_VERSION, NULL };
	char *end;
	long major;

	if (!compiler_run(cc, arguments, false, answer, room)) {
		answer[0] = '\0';
		return -1;
	}
	major = strtol(answer, &end, 10);
	if (end == answer || (*end && *end != '.') || major < 1 || major > 999)
		return -1;
	return (int)major;
}

const char *compiler_default(void)
{
	const char *cc = getenv("CC");

	return cc && *cc ? cc : "gcc";
}
