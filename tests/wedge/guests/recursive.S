/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * Page tables that contain themselves: odd, but right. Each level is read
 * through the recursive slot, and a page is mapped through it.
 */
#include "guest.inc"
#define TABLES SLOT_VA(510)
#define LEVEL2 (TABLES | SLOT(510) << 30)
#define LEVEL3 (LEVEL2 | SLOT(510) << 21)
#define LEVEL4 (LEVEL3 | SLOT(510) << 12)
	.globl start
start:
	leaq stack_top(%rip), %rsp
	movq %cr3, %rax
	movq %rax, %rdx
	orq $3, %rdx
	movq %rdx, SLOT(510)*8(%rax)	/* entry 510: the table itself */
	movq %rax, %cr3
	movabsq $LEVEL4, %rsi	/* the table itself */
	movq SLOT(510)*8(%rsi), %rcx
	andq $~0xfff, %rcx
	cmpq %rax, %rcx
	expect e, 1
	movabsq $LEVEL3, %rsi	/* the level below slot 0 */
	movq (%rsi), %rcx
	movq (%rax), %rbx
	andq $~0xfff, %rbx
	movq (%rbx), %rdx
	xorq %rdx, %rcx
	andq $~0x60, %rcx		/* accessed and dirty may come between */
	expect e, 2
	movabsq $TABLES, %rsi	/* through it to the last level, of a large page */
	movq $0x1000083, %rcx
	movabsq $LEVEL2 + 511*8, %rdi	/* the last entry of the first level-2 table */
	movq %rcx, (%rdi)
	movq %cr3, %rax
	movq %rax, %cr3
	movl $0x1234567, canary(%rip)
	movl $0x3fe00000, %edi
	leaq canary(%rip), %rcx
	subq $0x1000000, %rcx
	cmpl $0x1234567, (%rdi,%rcx)
	expect e, 3
	print "guest: tables in tables\n"
	finish 0x10

	.data
canary:	.long 0
	.bss
	.balign 16
	.skip 4096
stack_top:
