/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * What a program pays for a turn into its kernel: the first program of a guest, or one of
 * the host's (rounds.h).
 */
#define _GNU_SOURCE
#include "../rounds.h"
#include <signal.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>

enum { CALLS = 200, PAGES = 128, FORKS = 4, BYTES = 50 };

static void calls(unsigned n)
{
	while (n--)
		syscall(SYS_getppid);
}

static void pages(unsigned n)
{
	volatile char *memory = mmap(NULL, 4096ul * n, PROT_READ | PROT_WRITE,
				     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	must(memory != MAP_FAILED, "mmap");
	for (unsigned i = 0; i < n; i++)
		memory[4096ul * i] = 1;
	munmap((void *)memory, 4096ul * n);
}

static void forks(unsigned n)
{
	while (n--) {
		pid_t pid = fork();

		if (!pid)
			_exit(0);
		must(waitpid(pid, NULL, 0) == pid, "fork");
	}
}

/* A byte to another process and back. */
static void bytes(unsigned n)
{
	static int there[2], back[2];
	static pid_t other;
	char byte = 0;

	if (!other) {
		must(!pipe(there) && !pipe(back), "pipe");
		other = fork();
		close(other ? there[0] : there[1]);	/* so that it ends with this one */
		while (!other)
			if (read(there[0], &byte, 1) != 1 || write(back[1], &byte, 1) != 1)
				_exit(0);
	}
	while (n--)
		must(write(there[1], &byte, 1) == 1 && read(back[0], &byte, 1) == 1, "a byte");
}

int main(void)
{
	measure("getppid", calls, CALLS);
	measure("page", pages, PAGES);
	measure("fork-exit-wait", forks, FORKS);
	measure("pipe-there-and-back", bytes, BYTES);
	measured();
	return 0;
}
