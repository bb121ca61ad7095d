/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * promise FOLDER: writes until it is killed, and says what fsync has promised: records
 * at the end of one file, and files that get their name when they are whole.
 * promise --check LOG NAMES FIRST: LOG has the records up to FIRST, and the list NAMES each
 * file of these.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define RECORD 700		/* bytes: they begin anywhere in a block */
#define EACH 4			/* records to a file */

static void record_make(char record[RECORD + 1], unsigned n)
{
	memset(record, 'a' + n % 26, RECORD);
	record[snprintf(record, RECORD, "record %08u", n)] = ' ';
	record[RECORD - 1] = '\n';
	record[RECORD] = '\0';
}

static void must(int good, const char *what)
{
	if (good)
		return;
	perror(what);
	exit(1);
}

/* File @n with @n in its name. */
static void promise_file(int folder, unsigned n, const char *text)
{
	char name[32], first[] = "being-written";
	int fd = openat(folder, first, O_WRONLY | O_CREAT | O_TRUNC, 0644);

	snprintf(name, sizeof(name), "file-%08u", n);
	must(fd >= 0 && write(fd, text, RECORD) == RECORD && !fsync(fd) && !close(fd), name);
	must(!renameat(folder, first, folder, name) && !fsync(folder), "rename");
	if (n >= 8 * EACH) {	/* there is no room for all of them */
		snprintf(name, sizeof(name), "file-%08u", n - 8 * EACH);
		must(!unlinkat(folder, name, 0) || errno == ENOENT, "unlink");
	}
}

static _Noreturn void promise_make(const char *path)
{
	int folder = open(path, O_RDONLY | O_DIRECTORY), log;
	char record[RECORD + 1];
	struct stat stat;

	log = openat(folder, "log", O_RDWR | O_CREAT, 0644);
	must(log >= 0 && !fstat(log, &stat) && !fsync(folder), "log");
	/* A kill can come between a record and its file: both are written again. */
	for (unsigned n = stat.st_size / RECORD / EACH * EACH;; n++) {
		record_make(record, n);
		must(pwrite(log, record, RECORD, (off_t)n * RECORD) == RECORD, "write");
		must(!(n & 1 ? fsync(log) : fdatasync(log)), "sync");
		if (n % EACH == 0)
			promise_file(folder, n, record);
		printf("promised %u\n", n);
		fflush(stdout);
	}
}

static int bad(const char *what, unsigned n)
{
	printf("%s %u is not there\n", what, n);
	return 1;
}

static int promise_check(const char *log, const char *names, unsigned last)
{
	char record[RECORD + 1], is[RECORD + 1], name[32];
	FILE *file = fopen(log, "r"), *list = fopen(names, "r");
	static char all[1 << 20];

	must(file && list, log);
	for (unsigned n = 0; n <= last; n++) {
		record_make(record, n);
		if (fread(is, RECORD, 1, file) != 1 || memcmp(is, record, RECORD))
			return bad("record", n);
	}
	all[fread(all, 1, sizeof(all) - 1, list)] = '\0';
	for (unsigned n = last / EACH * EACH, i = 0; i < 4 && n; n -= EACH, i++) {
		snprintf(name, sizeof(name), "file-%08u", n);
		if (!strstr(all, name))
			return bad("file", n);
	}
	return 0;
}

int main(int argc, char **argv)
{
	if (argc == 5 && !strcmp(argv[1], "--check"))
		return promise_check(argv[2], argv[3], (unsigned)atoi(argv[4]));
	if (argc == 2)
		promise_make(argv[1]);
	return 2;
}
