/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
#include "base.h"
#include "sys.h"
#include <asm/prctl.h>

#define TOP (1ull << 47)		/* a canonical address is less than this from 0, in
					   either direction */

uint8_t host_fsgsbase;

uint64_t host_base_get(int which)
{
	uint64_t base = 0;

	if (!host_fsgsbase)
		sys_call(__NR_arch_prctl, which ? ARCH_GET_GS : ARCH_GET_FS, (uint64_t)&base, 0, 0);
	else if (which)
		__asm__ volatile("rdgsbase %0" : "=r"(base));
	else
		__asm__ volatile("rdfsbase %0" : "=r"(base));
	return base;
}

void host_base_set(int which, uint64_t base)
{
	if (!host_fsgsbase || base + TOP >= 2 * TOP)	/* the system call refuses such a base */
		sys_call(__NR_arch_prctl, which ? ARCH_SET_GS : ARCH_SET_FS, base, 0, 0);
	else if (which)
		__asm__ volatile("wrgsbase %0" : : "r"(base));
	else
		__asm__ volatile("wrfsbase %0" : : "r"(base));
}
