/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/* Waits for an interrupt that does not come. */
#include "guest.inc"
	.globl start
start:
	leaq stack_top(%rip), %rsp
	movb $0xff, %al
	outb %al, $0x21
	outb %al, $0xa1
	print "guest: begin\n"
1:	sti
	hlt
	jmp 1b
	.bss
	.balign 16
	.skip 4096
stack_top:
