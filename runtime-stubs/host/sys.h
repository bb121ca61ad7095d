/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/* System calls of the host, without a library: results below 0 are errors, negated. */
#ifndef PREVIRT_HOST_SYS_H
#define PREVIRT_HOST_SYS_H
#include <asm/unistd.h>
#include <stdint.h>

static inline long sys_call6(long number, uint64_t a, uint64_t b, uint64_t c, uint64_t d,
			     uint64_t e, uint64_t f)
{
	register uint64_t r10 __asm__("r10") = d;
	register uint64_t r8 __asm__("r8") = e;
	register uint64_t r9 __asm__("r9") = f;
	long result;

	__asm__ volatile("syscall"
			 : "=a"(result)
			 : "0"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
			 : "rcx", "r11", "memory");
	return result;
}

static inline long sys_call(long number, uint64_t a, uint64_t b, uint64_t c, uint64_t d)
{
	return sys_call6(number, a, b, c, d, 0, 0);
}

#endif
