/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/* Two processors, both of which wait for an interrupt that does not come. */
#include "guest.inc"
#define SECOND_DOES second_waits
#include "second.inc"
	.globl start
start:
	leaq stack_top(%rip), %rsp
	movb $0xff, %al
	outb %al, $0x21
	outb %al, $0xa1
	wake_second
	print "guest: begin\n"
1:	sti
	hlt
	jmp 1b
second_waits:
	sti
	hlt
	jmp second_waits
	.bss
	.balign 16
	.skip 4096
stack_top:
