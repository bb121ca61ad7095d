/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/* madvise(2), MADV_REMOVE: a hole in the file, which reads as zeroes. */
#include "balloon.h"
#include "sys.h"
#include <linux/mman.h>

static void (*balloon_before_write)(void *at, uint64_t size);

/* If the host cannot do it, the memory stays allocated. */
static void balloon_give(struct bus_balloon *balloon, void *at, uint64_t size)
{
	(void)balloon;
	balloon_before_write(at, size);
	sys_call(__NR_madvise, (uint64_t)at, size, MADV_REMOVE, 0);
}

struct bus_balloon *host_balloon(void (*before_write)(void *at, uint64_t size))
{
	static struct bus_balloon balloon = { balloon_give };

	balloon_before_write = before_write;
	return &balloon;
}
