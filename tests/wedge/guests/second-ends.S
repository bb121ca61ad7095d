/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/* The second of two processors ends the machine, while the first one is at work. */
#include "guest.inc"
#define SECOND_DOES second_ends
#include "second.inc"
	.globl start
start:
	leaq stack_top(%rip), %rsp
	wake_second
	movl $1, go(%rip)
1:	pause
	jmp 1b
second_ends:
	leaq stack_top - 2048(%rip), %rsp
2:	pause
	cmpl $1, go(%rip)
	jne 2b
	print "guest: the second one ends\n"
	finish 7
	.data
	.balign 4
go:	.long 0
	.bss
	.balign 16
	.skip 4096
stack_top:
