/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * PS in an entry of a level-4 table is a reserved bit: neither a page of 512 GiB nor a
 * table is there, in either half. SDM volume 3, 4.5 and 4.7.
 */
#include "guest.inc"
#include "high.inc"
#define SLOT_TRIED 300
#define RESERVED 9			/* present, a reserved bit */
#define PS 0x80
	.globl start
start:
	go_high
	gate 14, fault
	physical l3, 0x67
	movq %cr3, %rbx
	movq %rax, 8*5(%rbx)
	movq %rax, 8*SLOT(SLOT_TRIED)(%rbx)
	entry l3, 0, l2
	entry l2, 0, l1
	entry l1, 0, page
	movq %rbx, %cr3
	movq $5<<39, %rdi
	movq $SLOT_VA(SLOT_TRIED), %rsi
	movq (%rdi), %rax
	movq (%rsi), %rax
	cmpl $0, faults(%rip)
	expect e, 1
	orq $PS, 8*5(%rbx)
	orq $PS, 8*SLOT(SLOT_TRIED)(%rbx)
	movq %rbx, %cr3
	movq (%rdi), %rax
	cmpl $1, faults(%rip)
	expect e, 2
	movq (%rsi), %rax
	cmpl $2, faults(%rip)
	expect e, 3
	print "guest: reserved, in either half\n"
	cmpl $RESERVED, errors(%rip)
	jne 1f
	print "present, in the error code\n"
1:
	finish 0x10

/* Both accesses have three bytes. */
fault:	movl (%rsp), %eax
	andl %eax, errors(%rip)
	orl $1, %eax			/* QEMU leaves P out */
	cmpl $RESERVED, %eax
	expect e, 4
	incl faults(%rip)
	addq $8, %rsp
	addq $3, (%rsp)
	iretq

	.bss
	.balign 8
faults:	.long 0
	.data
errors:	.long RESERVED
	.bss
	.balign 4096
l3:	.skip 4096
l2:	.skip 4096
l1:	.skip 4096
page:	.skip 4096
	.skip 4096
stack_top:
