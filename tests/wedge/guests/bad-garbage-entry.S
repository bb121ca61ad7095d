/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/* Misbehaves. A table full of ones below a good one, then an access through it. */
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
	movq %cr3, %rax
	orq $7, %rdx
	movq %rdx, 8*8(%rax)
	movq %rax, %cr3
	movabsq $8 << 39, %rsi
here:	movq (%rsi), %rax
	finish 0x10
	.data

	.bss
	.balign 4096
garbage: .skip 4096
	.skip 4096
stack_top:
