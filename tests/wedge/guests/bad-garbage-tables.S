/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/* Misbehaves. Page tables full of ones, used at once. */
#include "guest.inc"
	.globl start, here
start:
	leaq stack_top(%rip), %rsp
	print "guest: begin\n"
	leaq garbage(%rip), %rdi
	movq %rdi, %rdx
	orq $-1, %rax
	movl $512, %ecx
	cld
	rep stosq
here:	movq %rdx, %cr3
	finish 0x10
	.data

	.bss
	.balign 4096
garbage: .skip 4096
	.skip 4096
stack_top:
