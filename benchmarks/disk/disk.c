/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * Reads and writes of the disk or file `disk' (in the environment), past the page cache of
 * whoever runs this unless `cached' is there: the first program of a guest, or one of the
 * host's (rounds.h).
 */
#define _GNU_SOURCE
#include "../rounds.h"
#include <fcntl.h>
#include <stdint.h>
#include <sys/mount.h>

enum { PAGE = 4096, MIB = 1 << 20, SIZE = 64 * MIB, RANDOMS = 64, ROWS = 16, SYNCS = 8 };

static int file;
static uint8_t data[MIB] __attribute__((aligned(PAGE)));

/* Another page each time, the same ones in each run. */
static off_t any_page(void)
{
	static uint64_t state = 1;

	state = state * 6364136223846793005u + 1442695040888963407u;
	return (off_t)((state >> 33) % (SIZE / PAGE) * PAGE);
}

static void random_reads(unsigned n)
{
	while (n--)
		must(pread(file, data, PAGE, any_page()) == PAGE, "read");
}

static void random_writes(unsigned n)
{
	while (n--)
		must(pwrite(file, data, PAGE, any_page()) == PAGE, "write");
}

static void row_reads(unsigned n)
{
	while (n--)
		must(pread(file, data, MIB, (off_t)n * MIB) == MIB, "read");
}

static void row_writes(unsigned n)
{
	while (n--)
		must(pwrite(file, data, MIB, (off_t)n * MIB) == MIB, "write");
}

static void syncs(unsigned n)
{
	while (n--)
		must(pwrite(file, data, PAGE, any_page()) == PAGE && !fdatasync(file), "sync");
}

int main(void)
{
	const char *path = getenv("disk");

	if (getpid() == 1)
		mount("dev", "/dev", "devtmpfs", 0, NULL);
	file = open(path ? path : "", O_RDWR | (getenv("cached") ? 0 : O_DIRECT));
	must(file >= 0, "disk");
	measure("read-4k", random_reads, RANDOMS);
	measure("write-4k", random_writes, RANDOMS);
	measure("read-1m", row_reads, ROWS);
	measure("write-1m", row_writes, ROWS);
	measure("write-4k-fdatasync", syncs, SYNCS);
	measured();
	return 0;
}
