/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * int80: the old system-call gate, also from 64-bit code, and syscalls that
 * fault on the way.
 * Copyright The previrt authors
 */
#define _GNU_SOURCE
#include <errno.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "guest.h"

#define I386_NR_write	4
#define I386_NR_getpid	20

static long call80(long nr, long a, long b, long c)
{
	long r;

	asm volatile("int $0x80" : "=a"(r)
		     : "0"(nr), "b"(a), "c"(b), "d"(c)
		     : "memory", "cc"
#ifdef __x86_64__
		     , "r8", "r9", "r10", "r11"
#endif
		     );
	return (int)r;
}

int test_int80(void)
{
	int bad = 0, i, wrong = 0;

	for (i = 0; i < 1000; i++)
		wrong += call80(I386_NR_getpid, 0, 0, 0) != getpid();
	bad |= guest_check(!wrong, "1000 times getpid");
	bad |= guest_check(call80(I386_NR_write, 1, 16, 4) == -EFAULT, "write of nothing");
	bad |= guest_check(call80(9999, 0, 0, 0) == -ENOSYS, "no such call");
	return bad;
}
