/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * What a program could name in a system call: from 70000000 to 7fffffff, where a wedge in
 * a process of a host once had its program, are addresses like others. A page there is
 * the guest's; where it has none, reads and writes of the kernel fault.
 */
#include "guest.inc"
#include "high.inc"
#define FIRST 0x70000000
#define END 0x80000000
#define STEP 0x11000
	.globl start
start:
	go_high
	port_write 0xff, 0x21
	port_write 0xff, 0xa1
	gate 14, fault
	movq %cr3, %rbx
	physical l3, 0x67
	movq %rax, (%rbx)
	entry l3, 1, l2
	entry l2, 384, l1
	entry l1, 0, page
	movq %rbx, %cr3
	movl $FIRST, %edi
	movq $0x1234, page(%rip)
	cmpq $0x1234, (%rdi)
	expect e, 1
	movq $0x5678, (%rdi)
	cmpq $0x5678, page(%rip)
	expect e, 2
	cmpl $0, faults(%rip)
	expect e, 3
	print "guest: a page of its own\n"

	xorl %ebx, %ebx
again:	addl $STEP, %edi
	movb (%rdi), %al		/* 2 bytes, as the store */
	movb %al, (%rdi)
	addl $2, %ebx
	cmpl $END-STEP, %edi
	jb again
	cmpl faults(%rip), %ebx
	expect e, 4
	print "guest: nothing else is there\n"
	finish 0x10

fault:	incl faults(%rip)
	testl $1, (%rsp)		/* nothing is present */
	expect z, 5
	movq %cr2, %rcx
	cmpq %rcx, %rdi
	expect e, 6
	addq $2, 8(%rsp)
	addq $8, %rsp
	iretq

	.bss
	.balign 4096
l3:	.skip 4096
l2:	.skip 4096
l1:	.skip 4096
page:	.skip 4096
faults:	.long 0
	.balign 16
	.skip 8192
stack_top:
