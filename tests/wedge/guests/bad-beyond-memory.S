/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/* Misbehaves. Maps what is behind all memory, and multiplies by it. */
#include "guest.inc"
	.globl start, here
start:
	leaq stack_top(%rip), %rsp
	print "guest: begin\n"
	movq %cr3, %rax
	movq (%rax), %rbx
	andq $~0xfff, %rbx		/* level 3 */
	movabsq $0x300000083, %rcx	/* 12 GiB */
	leaq new_pd(%rip), %rdx
	movq %rcx, (%rdx)
	orq $3, %rdx
	movq %rdx, 511*8(%rbx)
	movq $0x7fc0000000, %rsi
	movq %cr3, %rax
	movq %rax, %cr3
here:	mulq (%rsi)			/* LIMIT: not carried out */
	finish 0x10
	.data

	.bss
	.balign 4096
new_pd:	.skip 4096
	.skip 4096
stack_top:
