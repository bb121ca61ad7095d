/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/* Misbehaves. Pushes until the stack has left the guest's memory. */
#include "guest.inc"
	.globl start
start:
	leaq stack_top(%rip), %rsp
	print "guest: begin\n"
	movl $0x400000, %esp
	.globl here
here:
1:	pushq %rax
	jmp 1b
	finish 0x10
	.data

	.bss
	.balign 16
	.skip 4096
stack_top:
