/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/* Misbehaves. Writes a register that is not there, with nobody to tell. */
#include "guest.inc"
	.globl start, here
start:
	leaq stack_top(%rip), %rsp
	print "guest: begin\n"
	movl $0x4711, %ecx
	movl $1, %eax
	movl $2, %edx
here:	wrmsr
	finish 0x10
	.data

	.bss
	.balign 4096

	.skip 4096
stack_top:
