/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/* Turns the power off, at the PM1a control register; QEMU's firmware puts it there. */
#include "guest.inc"
	.globl start
start:
	leaq stack_top(%rip), %rsp
	print "guest: off\n"
	movl $0x2000, %eax
	movl $0x604, %edx
	outw %ax, %dx
1:	hlt
	jmp 1b
	.bss
	.balign 16
	.skip 4096
stack_top:
