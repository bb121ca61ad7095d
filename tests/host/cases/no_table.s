# SPDX-License-Identifier: BSD-2-Clause
# Copyright The previrt authors
# Built without the flags; instructions that look sensitive and are not.
#! check 1 PV101:f+0x0 PV102:no_table.o
#! verify 0
	.text
	.type f,@function
f:	wrmsr
	int3
	vpaddd %ymm0,%ymm1,%ymm2
	movl $0xfafbf4fa,%eax
	xsave (%rdi)
	rdrand %eax
	ret
