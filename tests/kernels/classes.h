// SPDX-License-Identifier: BSD-2-Clause
// Copyright The previrt authors
// A port, and interrupts off for a while: inline, so in each unit that uses them.
#pragma once

template <unsigned short number> struct port {
	static __attribute__((noinline)) void write(char c)
	{
		asm volatile("outb %0,%1" :: "a"(c), "d"(number));
	}
	static __attribute__((noinline)) void write(const char *text)
	{
		while (*text)
			write(*text++);
	}
};

struct no_interrupts {
	unsigned long flags;
	__attribute__((noinline)) no_interrupts()
	{
		asm volatile("pushf; pop %0; cli" : "=r"(flags) :: "memory");
	}
	__attribute__((noinline)) ~no_interrupts()
	{
		asm volatile("push %0; popf" :: "r"(flags) : "memory", "cc");
	}
};

using serial = port<0x3f8>;
void second();
