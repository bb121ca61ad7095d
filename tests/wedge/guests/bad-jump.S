/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/* Misbehaves. Goes on where no page is. */
#include "guest.inc"
	.globl start, here
start:
	leaq stack_top(%rip), %rsp
	print "guest: begin\n"
	movabsq $1 << 39, %rax
here:	jmp *%rax
	finish 0x10
	.data

	.bss
	.balign 4096

	.skip 4096
stack_top:
