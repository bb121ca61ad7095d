/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * Addresses that are not canonical, at both ends of the hole: invlpg does nothing
 * (Intel SDM volume 2, INVLPG), an access is a general protection fault, and the
 * page tables are none of their business.
 */
#include "guest.inc"
#include "high.inc"
	.globl start
start:
	go_high
	gate 13, fault
	xorl %ebx, %ebx
	movq $0x0000800000000000, %rdi
	call each
	movq $0x0000888000000000, %rdi
	call each
	movq $0xffff7ffffffff000, %rdi
	call each
	cmpl $6, %ebx
	expect e, 3
	print "guest: six faults, and the rest goes on\n"
	finish 0x10

each:
	invlpg (%rdi)
	movq (%rdi), %rax
	movq %rax, (%rdi)
	invlpg (%rdi)
	movq %cr3, %rax
	movq %rax, %cr3
	ret

/* Both accesses have three bytes. */
fault:
	cmpl $0, (%rsp)
	expect e, 5
	incl %ebx
	addq $8, %rsp
	addq $3, (%rsp)
	iretq

	.bss
	.balign 16
	.skip 4096
stack_top:
