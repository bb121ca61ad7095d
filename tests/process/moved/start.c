/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * start WEDGE KERNEL: the wedge with a kernel that is at 4000c1000000 already, without the
 * relocator. What it says goes to standard output; the status is the wedge's.
 */
#define _GNU_SOURCE
#include "../../../runtime-stubs/wedge/bundle.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define CONSOLE 0		/* backend/process/process.h */
#define BUNDLE 3

static void must(int good, const char *what)
{
	if (good)
		return;
	perror(what);
	exit(2);
}

static void pad(FILE *f)
{
	while (ftell(f) % 4)
		fputc(0, f);
}

/* cpio, as wedge/bundle.c reads it. */
static void add(FILE *f, const char *name, const void *data, size_t size)
{
	fprintf(f, "070701%08x%08x%08x%08x%08x%08x%08zx%08x%08x%08x%08x%08zx%08x%s", 1u, 0100644u,
		0u, 0u, 1u, 0u, size, 0u, 0u, 0u, 0u, strlen(name) + 1, 0u, name);
	fputc(0, f);
	pad(f);
	fwrite(data, 1, size, f);
	pad(f);
}

static int bundle(const char *path)
{
	static char kernel[1 << 20];
	static const struct bundle_moved moved = { .va = 0x4000c1000000,
		.start = 0x1000000, .code = 0x1200000, .modules = 0x1400000, .end = 0x1400000 };
	FILE *from = fopen(path, "rb");
	size_t size = from ? fread(kernel, 1, sizeof(kernel), from) : 0;
	int fd = memfd_create("bundle", 0);
	FILE *to = fdopen(dup(fd), "wb");

	must(size && size < sizeof(kernel) && to, path);
	add(to, "vmlinux", kernel, size);
	add(to, "moved", &moved, sizeof(moved));
	add(to, "cmdline", "", 0);
	add(to, "options", "counts\ncheck\n", 13);
	add(to, "TRAILER!!!", "", 0);
	must(!fclose(to) && !fclose(from), "the bundle");
	return fd;
}

int main(int argc, char **argv)
{
	int ends[2], status, fd;
	char text[4096];
	ssize_t n;
	pid_t pid;

	must(argc == 3 && !socketpair(AF_UNIX, SOCK_STREAM, 0, ends), "start WEDGE KERNEL");
	fd = bundle(argv[2]);
	pid = fork();
	if (!pid) {
		dup2(ends[1], CONSOLE);
		dup2(fd, BUNDLE);
		close_range(BUNDLE + 1, ~0u, 0);
		execl(argv[1], argv[1], (char *)NULL);
		_exit(127);
	}
	close(ends[1]);
	while ((n = read(ends[0], text, sizeof(text))) > 0)
		fwrite(text, 1, n, stdout);
	must(waitpid(pid, &status, 0) == pid, "the wedge");
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}
