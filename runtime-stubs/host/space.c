/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
#include "space.h"
#include "sys.h"
#include <asm/hwcap2.h>
#include <linux/auxvec.h>
#include <linux/mman.h>

#define PAGE 4096u
#define LOWEST (64u << 10)		/* the default of most distributions */
#define LOWEST_MOST (2ull << 30)
#define WORDS 16u			/* of a set of processors */
#define NOTHING (MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE)

/* The value of /proc/sys/vm/mmap_min_addr may be higher. */
uint64_t host_lowest(void)
{
	for (uint64_t lowest = LOWEST; lowest < LOWEST_MOST; lowest <<= 1) {
		long result = sys_call6(__NR_mmap, lowest, PAGE, PROT_NONE,
					NOTHING | MAP_FIXED_NOREPLACE, -1, 0);

		if (result >= 0) {
			sys_call(__NR_munmap, lowest, PAGE, 0, 0);
			return lowest;
		}
	}
	return 0;
}

long host_reserve(uint64_t start, uint64_t end)
{
	long result = sys_call6(__NR_mmap, start, end - start, PROT_NONE, NOTHING | MAP_FIXED, -1, 0);

	return result < 0 ? result : 0;
}

void host_pin(unsigned number, unsigned all)
{
	uint64_t set[WORDS] = { 0 }, pinned[WORDS] = { 0 };
	uint32_t cpu = 0;
	unsigned many = 0, n = 0;

	if (sys_call(__NR_getcpu, (uint64_t)&cpu, 0, 0, 0) < 0 || cpu >= 64 * WORDS)
		return;
	if (all > 1 && sys_call(__NR_sched_getaffinity, 0, sizeof(set), (uint64_t)set, 0) < 0)
		return;
	for (unsigned i = 0; i < 64 * WORDS; i++)
		many += set[i / 64] >> i % 64 & 1;
	for (unsigned i = 0; many && i < 64 * WORDS; i++)
		if ((set[i / 64] >> i % 64 & 1) && n++ == number % many)
			cpu = i;
	pinned[cpu / 64] = 1ull << cpu % 64;
	sys_call(__NR_sched_setaffinity, 0, sizeof(pinned), (uint64_t)pinned, 0);
}

int host_has_fsgsbase(const uint64_t *stack)
{
	stack += *stack + 2;
	while (*stack++)
		continue;
	for (; stack[0] != AT_NULL; stack += 2)
		if (stack[0] == AT_HWCAP2)
			return (stack[1] & HWCAP2_FSGSBASE) != 0;
	return 0;
}
