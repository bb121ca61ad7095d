/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * Preloaded (ld.so(8), LD_PRELOAD): asks the host for large pages behind anonymous mappings
 * (madvise(2), MADV_HUGEPAGE). A compiler touches some 100 MiB once, and on a virtual machine
 * each page fault is dear.
 */
#define _GNU_SOURCE
#include <stddef.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#define LEAST 65536u		/* bytes; neighbouring mappings become one */

void *mmap(void *at, size_t size, int rights, int flags, int file, off_t offset)
{
	void *memory = (void *)syscall(SYS_mmap, at, size, rights, flags, file, offset);

	if (memory != MAP_FAILED && flags & MAP_ANONYMOUS && size >= LEAST)
		madvise(memory, size, MADV_HUGEPAGE);
	return memory;
}

void *mmap64(void *at, size_t size, int rights, int flags, int file, off_t offset)
	__attribute__((alias("mmap")));
