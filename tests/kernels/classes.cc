// SPDX-License-Identifier: BSD-2-Clause
// Copyright The previrt authors
// A kernel in C++; its other unit is classes-second.cc.
#include "classes.h"

void never()
{
	asm volatile("wbinvd");
	port<0x80>::write("nobody calls it");
}

extern "C" void kernel_main()
{
	no_interrupts off;

	serial::write("first\n");
	second();
}
