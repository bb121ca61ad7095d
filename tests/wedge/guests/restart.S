/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/* Restarts the machine by its keyboard controller. */
#include "guest.inc"
	.globl start
start:
	leaq stack_top(%rip), %rsp
	print "guest: restart\n"
	movb $0xfe, %al
	outb %al, $0x64
1:	hlt
	jmp 1b
	.bss
	.balign 16
	.skip 4096
stack_top:
