/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/* See guest_memory.h for the contracts. proc(5): PID/fd, PID/stat. */
#include "guest_memory.h"
#include "diag.h"
#include "util.h"
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* As backend/process/memory.c names it, and QEMU (run --watch). */
static const char *const guest_files[] = {
	"/memfd:guest (deleted)", "/memfd:memory-backend-memfd (deleted)"
};
#define GUEST_DEPTH 8		/* previrt run, its wedge, one of each processor */

/* The process that started @pid; 0 if it is gone. */
static long guest_parent(long pid)
{
	char *path = util_printf("/proc/%ld/stat", pid), line[512];
	FILE *file = fopen(path, "re");
	const char *behind;
	long parent = 0;

	free(path);
	if (!file)
		return 0;
	/* The name, in parentheses, may have any in it. */
	if (fgets(line, sizeof(line), file) && (behind = strrchr(line, ')')) &&
	    sscanf(behind, ") %*c %ld", &parent) != 1)
		parent = 0;
	fclose(file);
	return parent;
}

static bool guest_is_of(long pid, long run)
{
	for (int depth = 0; pid > 1 && depth < GUEST_DEPTH; depth++, pid = guest_parent(pid))
		if (pid == run)
			return true;
	return false;
}

static bool guest_is_memory(const char *name, size_t size)
{
	for (size_t i = 0; i < ARRAY_SIZE(guest_files); i++)
		if (size == strlen(guest_files[i]) && !memcmp(name, guest_files[i], size))
			return true;
	return false;
}

/* The path of the memory among the open files of @pid, or NULL. */
static char *guest_file(long pid)
{
	char *folder = util_printf("/proc/%ld/fd", pid), *found = NULL, to[64];
	DIR *files = opendir(folder);
	struct dirent *entry;

	while (files && !found && (entry = readdir(files))) {
		char *path = util_printf("%s/%s", folder, entry->d_name);
		ssize_t n = readlink(path, to, sizeof(to));

		if (n > 0 && guest_is_memory(to, (size_t)n))
			found = path;
		else
			free(path);
	}
	if (files)
		closedir(files);
	free(folder);
	return found;
}

char *guest_memory_path(const char *number)
{
	struct dirent *entry;
	char *end, *found = NULL;
	long run = strtol(number, &end, 10), pid;
	DIR *all;

	if (!*number || *end || run <= 0) {
		diag_error(DIAG_RANGE, NULL, "counts: --process %s: the number of a process is "
			   "needed", number);
		return NULL;
	}
	all = opendir("/proc");
	while (all && !found && (entry = readdir(all)))
		if ((pid = strtol(entry->d_name, NULL, 10)) > 0 && guest_is_of(pid, run))
			found = guest_file(pid);
	if (all)
		closedir(all);
	if (!found)
		diag_error(DIAG_MEMORY, NULL, "process %ld runs no guest, or is another user's; give "
			   "the number of a `previrt run --on=process`, or of one with --watch", run);
	return found;
}
