/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * More places where no call can stand than any kernel has: 1,500 iretq, one behind the
 * other; each is run and leads behind itself. And code of real mode, whose far
 * jumps are no instructions here.
 */
#include "guest.inc"
	.globl start
start:
	leaq stack_top(%rip), %rsp
	xorl %ebx, %ebx
	movl %ss, %r8d
	movl %cs, %r9d
	.rept 1500
	incl %ebx
	movq %rsp, %rax
	pushq %r8
	pushq %rax
	pushfq
	pushq %r9
	leaq 1f(%rip), %rcx
	pushq %rcx
	iretq
1:
	.endr
	cmpl $1500, %ebx
	expect e, 1
	print "guest: each led behind itself\n"
	finish 0x10
	.code16
low:	ljmpl $8, $0x5a5a
	ljmp $8, $0x5a5a
	lidt 0x1234
	.code64
	.bss
	.balign 16
	.skip 4096
stack_top:
