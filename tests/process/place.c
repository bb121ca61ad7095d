/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/* What a stub has of the host, as /proc shows it to root. */
#include "toy.h"
#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static FILE *look(const char *name)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/%s", toy.pid, name);
	return fopen(path, "r");
}

static void test_maps(void)
{
	FILE *maps = look("maps");
	char line[512], rights[8];
	uint64_t start, end;
	unsigned n = 0;

	while (maps && fgets(line, sizeof(line), maps)) {
		if (sscanf(line, "%" SCNx64 "-%" SCNx64 " %7s", &start, &end, rights) != 3)
			continue;
		if (start >= 1ull << 47)	/* the host kernel's own page */
			continue;
		/* Reserved: nothing is there. */
		if (end <= STUB_CODE && !strcmp(rights, "---p"))
			continue;
		n++;
		if ((start == TOY_CODE && !strcmp(rights, "r-xs")) ||
		    (start == TOY_DATA && !strcmp(rights, "rw-s")) ||
		    (start == STUB_CODE && end == STUB_CODE + 4096 && !strcmp(rights, "r-xs")) ||
		    (start == STUB_REGION && end == start + STUB_REGION_SIZE &&
		     !strcmp(rights, "rw-s")))
			continue;
		expect("a mapping", 0);
		printf("    %s", line);
	}
	expect_equal("mappings", n, 4);
	if (maps)
		fclose(maps);
}

static void test_files(void)
{
	char path[64];
	unsigned n = 0;
	struct dirent *entry;
	DIR *files;

	snprintf(path, sizeof(path), "/proc/%d/fd", toy.pid);
	files = opendir(path);
	while (files && (entry = readdir(files)))
		if (entry->d_name[0] != '.') {
			n++;
			expect_equal("a file", atoi(entry->d_name), toy_memory);
		}
	expect_equal("files", n, 1);
	if (files)
		closedir(files);
}

static void test_status(void)
{
	FILE *status = look("status");
	char line[256];
	unsigned n = 0;

	while (status && fgets(line, sizeof(line), status))
		n += !strcmp(line, "NoNewPrivs:\t1\n") || !strcmp(line, "Seccomp:\t2\n") ||
		     !strcmp(line, "Threads:\t1\n") ||
		     /* all but SYS SEGV BUS ILL FPE TRAP URG, and KILL STOP */
		     !strcmp(line, "SigBlk:\tffffffffbfbbfa27\n");
	expect_equal("lines of its status", n, 4);
	if (status)
		fclose(status);
}

void test_place(unsigned rounds)
{
	(void)rounds;
	if (geteuid()) {
		printf("place: only root can look\n");
		expect("nobody else can", access("/proc/self/fd", R_OK) == 0 && !look("maps"));
		return;
	}
	test_maps();
	test_files();
	test_status();
}
