/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * Programs that use memory up, or none that is there: one that fills and reads back a
 * half of what is free; one without privilege that needs more page tables than a
 * hypervisor below may have for them, and then has the kernel map for itself; one that
 * reads and writes physical addresses where nothing answers. Each must get to its end.
 */
#define _GNU_SOURCE
#include <asm/ldt.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/sysinfo.h>
#include <sys/wait.h>
#include <unistd.h>

#define NOBODY 65534
#define STRETCH (2ul << 20)	/* by one page table */
#define LDT_LAST 8191
#define LDT_EVERY 32u		/* stretches */

static void *map(size_t size)
{
	return mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
}

static uint64_t value_of(uint64_t i) { return i * 0x9e3779b97f4a7c15ul + 1; }

static int fill(void)
{
	struct sysinfo info;
	uint64_t count, bad = 0, *words;

	sysinfo(&info);
	count = info.freeram / 2 * info.mem_unit / sizeof(*words);
	words = map(count * sizeof(*words));
	if (words == MAP_FAILED)
		return 1;
	for (uint64_t i = 0; i < count; i += 64)
		words[i] = value_of(i);
	for (uint64_t i = 0; i < count; i += 64)
		bad += words[i] != value_of(i);
	return bad != 0;
}

/* As many stretches as there may be tables for all of memory's frames at the most: a
   sixteenth. */
static int use_tables_up(void)
{
	struct user_desc d = { .entry_number = LDT_LAST, .limit = 1, .seg_32bit = 1 };
	struct sysinfo info;
	uint64_t count;
	char *p;

	sysinfo(&info);
	count = info.totalram * info.mem_unit / 4096 / 14;
	p = map(count * STRETCH);
	if (p == MAP_FAILED || setuid(NOBODY))
		return 1;
	for (uint64_t i = 0; i < count; i++) {
		p[i * STRETCH] = i;
		if (i % LDT_EVERY == 0)
			syscall(SYS_modify_ldt, 1, &d, sizeof(d));
	}
	for (uint64_t i = 0; i < count; i++)
		if (p[i * STRETCH] != (char)i)
			return 2;
	return 0;
}

static int reach_nowhere(void)
{
	static const uint64_t places[] = { 0x40000000, 0xd0000000, 0xfd000000, 0xfee80000, 0x4000000000 };
	int file = open("/dev/mem", O_RDWR | O_SYNC);

	for (unsigned i = 0; file >= 0 && i < sizeof(places) / sizeof(places[0]); i++) {
		volatile uint32_t *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, file, places[i]);

		if (p == MAP_FAILED)
			continue;
		p[1] = p[0];
		p[2] |= 1;
		munmap((void *)p, 4096);
	}
	return 0;
}

static int run(const char *what, int (*body)(void))
{
	int status = -1;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (!pid)
		_exit(body());
	if (pid > 0)
		waitpid(pid, &status, 0);
	printf("%s %s: status %x\n", status ? "BAD" : "ok", what, status);
	return status != 0;
}

int main(void)
{
	int bad = run("memory filled and read back", fill);

	bad |= run("more page tables than there may be", use_tables_up);
	bad |= run("nowhere read and written", reach_nowhere);
	bad |= run("memory is there still", fill);
	return bad;
}
