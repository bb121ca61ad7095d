/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * System calls of user code, at random: each is reported, and none is made. They are
 * not tried where another test has failed: the host would suffer.
 */
#define _GNU_SOURCE
#include "toy.h"
#include <dirent.h>
#include <stdio.h>
#include <string.h>

#define NUMBERS 470u
#define NUMBER_UPROBE 336u	/* the host's kernel answers it before any filter */

static const uint64_t *values(void)
{
	static uint64_t list[8];

	list[0] = toy_random();
	list[1] = toy_random() % 4096;
	list[2] = TOY_CODE;
	list[3] = TOY_DATA + toy_random() % TOY_DATA_SIZE;
	list[4] = STUB_REGION + toy_random() % STUB_REGION_SIZE;
	list[5] = toy_memory;
	list[6] = -100;
	list[7] = toy.pid;
	return list;
}

static unsigned open_files(void)
{
	DIR *files = opendir("/proc/self/fd");
	unsigned n = 0;

	while (files && readdir(files))
		n++;
	if (files)
		closedir(files);
	return n;
}

static int is_as_before(const uint64_t *before)
{
	uint64_t wanted[16];

	memcpy(wanted, before, sizeof(wanted));
	wanted[RCX] = TOY_CODE + 2;
	wanted[R11] = toy.rflags;
	return !memcmp(toy.r, wanted, sizeof(wanted));
}

void test_calls(unsigned rounds)
{
	unsigned files = open_files(), reported = 0;

	if (any_failed()) {
		printf("random system calls are left out\n");
		return;
	}
	for (unsigned i = 0; i < rounds * 100; i++) {
		uint64_t before[16];
		int event;

		TOY_PIECE(call);
		for (unsigned n = 0; n < 16; n++)
			toy.r[n] = values()[toy_random() % 8];
		toy.r[RSP] = TOY_DATA;
		toy.r[RAX] = toy_random() % 8 ? toy_random() % NUMBERS : toy_random();
		memcpy(before, toy.r, sizeof(before));
		event = toy_run();
		if ((uint32_t)before[RAX] == NUMBER_UPROBE)
			continue;
		reported++;
		if (event != STUB_SYSCALL || !is_as_before(before)) {
			expect_equal("a random system call", event, STUB_SYSCALL);
			printf("    number %lx, rax %lx\n", before[RAX], toy.r[RAX]);
			break;
		}
	}
	expect("random system calls", reported > rounds * 98);
	expect_equal("open files", open_files(), files);
	printf("%u random system calls\n", reported);
}
