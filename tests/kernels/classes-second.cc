// SPDX-License-Identifier: BSD-2-Clause
// Copyright The previrt authors
#include "classes.h"

void second()
{
	no_interrupts off;
	unsigned long cr3;

	asm volatile("mov %%cr3,%0; mov %0,%%cr3" : "=r"(cr3) :: "memory");
	serial::write(cr3 ? "second\n" : "no page table\n");
}
