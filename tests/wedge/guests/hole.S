/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * Physical addresses with neither memory nor a device: reads are ones, writes are
 * lost, and the machine goes on. (QEMU's bare machine reads zeroes at some of them.)
 */
#include "guest.inc"
#include "high.inc"
#define WINDOW (HIGH + (1 << 30))
	.globl start

start:
	go_high
	port_write 0xff, 0x21
	port_write 0xff, 0xa1
	gate 14, fault
	entry l2, 0, l1
	entry high_pdpt, 511, l2
	movq $WINDOW, %rdi
	.irp address, 0x80000000, 0xd0000000, 0xfec80000, 0x4000000000
	movabsq $\address+0x63, %rax
	movq %rax, l1(%rip)
	invlpg (%rdi)
	movq $0x1234, (%rdi)
	movb $7, 3(%rdi)
	movq (%rdi), %rax
	cmpq $-1, %rax
	expect e, 1
	movl 8(%rdi), %eax
	cmpl $-1, %eax
	expect e, 2
	movzwl 0xffe(%rdi), %eax
	cmpl $0xffff, %eax
	expect e, 3
	movsbl 0xfff(%rdi), %eax
	cmpl $-1, %eax
	expect e, 4
	lock incl (%rdi)
	movl $3, %eax
	xaddl %eax, 4(%rdi)
	cmpl $-1, %eax
	expect e, 5
	pushq (%rdi)
	popq %rax
	incq %rax
	expect z, 6
	movl $7, %eax
	cmpxchgq %rbx, (%rdi)
	expect nz, 7
	incq %rax
	expect z, 8
	xorps %xmm7, %xmm7
	movups %xmm7, 8(%rdi)
	movups 8(%rdi), %xmm7
	movmskps %xmm7, %eax
	cmpl $15, %eax
	expect e, 9
	.endr
	print "guest: nobody answers\n"
	finish 0x10
fault:	print "guest: fault\n"
	finish 5

	.bss
	.balign 4096
l2: .skip 4096
l1: .skip 4096
	.skip 4096
stack_top:
