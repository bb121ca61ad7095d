/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * modules: loads every module of /modules in the order of /modules/order,
 * then unloads them backwards; twice, so that freed text is used again.
 * A module whose hardware is missing says so; its error is part of the output.
 * Copyright The previrt authors
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "guest.h"

#define MAX_MODULES 32

static char names[MAX_MODULES][64];
static int loaded[MAX_MODULES];

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

static int unload(const char *name)
{
	char id[64];
	int i;

	for (i = 0; name[i] && i < 63; i++)
		id[i] = name[i] == '-' ? '_' : name[i];
	id[i] = '\0';
	return syscall(SYS_delete_module, id, O_NONBLOCK) ? -errno : 0;
}

int test_modules(void)
{
	FILE *f = fopen("/modules/order", "r");
	int n = 0, i, r, round, good = 0, bad = 0;

	if (!f)
		return guest_check(0, "/modules/order");
	while (n < MAX_MODULES && fscanf(f, "%63s", names[n]) == 1)
		n++;
	fclose(f);
	for (round = 0; round < 2; round++) {
		for (i = 0; i < n; i++) {
			r = load(names[i]);
			loaded[i] = r == 0;
			good += r == 0;
			printf("load %s: %s\n", names[i], r ? strerror(-r) : "done");
		}
		for (i = n - 1; i >= 0; i--) {
			if (!loaded[i])
				continue;
			r = unload(names[i]);
			bad |= guest_check(r == 0, "unload %s", names[i]);
		}
	}
	return bad | guest_check(good >= 2 * 2, "at least two modules, twice");
}
