/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * modules: loads every module of /modules in the order of /modules/order,
 * then unloads them backwards; twice, so that freed text is used again.
 * A module whose hardware is missing says so; its error is part of the output.
 * Copyright The previrt authors
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "guest.h"

#define MAX_MODULES 32

static char names[MAX_MODULES][64];
static int loaded[MAX_MODULES], count;

static int load(const char *name)
{
	char path[128];
	int fd, r;

	snprintf(path, sizeof(path), "/modules/%.63s.ko", name);
	fd = open(path, O_RDONLY);
	if (fd < 0)
		return -errno;
	r = syscall(SYS_finit_module, fd, "", 0) ? -errno : 0;
	close(fd);
	return r;
}

/* The kernel's name of a module. */
static void name_module(const char *name, char id[64])
{
	int i;

	for (i = 0; name[i] && i < 63; i++)
		id[i] = name[i] == '-' ? '_' : name[i];
	id[i] = '\0';
}

static int unload(const char *name)
{
	char id[64];

	name_module(name, id);
	return syscall(SYS_delete_module, id, O_NONBLOCK) ? -errno : 0;
}

/* "# section MODULE NAME ADDRESS", for who looks at the machine from outside. */
static void print_sections(const char *name)
{
	char id[64], path[PATH_MAX], address[32];
	struct dirent *entry;
	FILE *f;
	DIR *dir;

	name_module(name, id);
	snprintf(path, sizeof(path), "/sys/module/%s/sections", id);
	dir = opendir(path);
	while (dir && (entry = readdir(dir))) {
		snprintf(path, sizeof(path), "/sys/module/%s/sections/%s", id, entry->d_name);
		f = strstr(entry->d_name, "text") ? fopen(path, "r") : NULL;
		if (f && fgets(address, sizeof(address), f))
			printf("# section %s %s %s", name, entry->d_name, address);
		if (f)
			fclose(f);
	}
	if (dir)
		closedir(dir);
}

int guest_load_modules(void)
{
	FILE *f = fopen("/modules/order", "r");
	int i, r, good = 0;

	for (count = 0; f && count < MAX_MODULES && fscanf(f, "%63s", names[count]) == 1; )
		count++;
	if (f)
		fclose(f);
	for (i = 0; i < count; i++) {
		r = load(names[i]);
		loaded[i] = r == 0;
		good += r == 0;
		printf("load %s: %s\n", names[i], r ? strerror(-r) : "done");
		if (loaded[i])
			print_sections(names[i]);
	}
	return good;
}

int guest_unload_modules(void)
{
	int i, bad = 0;

	for (i = count - 1; i >= 0; i--)
		if (loaded[i])
			bad |= guest_check(unload(names[i]) == 0, "unload %s", names[i]);
	return bad;
}

int test_modules(void)
{
	int round, good = 0, bad = 0;

	for (round = 0; round < 2; round++) {
		good += guest_load_modules();
		bad |= guest_unload_modules();
	}
	return bad | guest_check(good >= 2 * 2, "at least two modules, twice");
}
