/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * Accessed and dirty bits of a large page of user mode: clear until it is accessed;
 * set anew after the kernel has cleared them and loaded CR3, or said invlpg. The same
 * of the accessed bit of the entry that leads to its table.
 */
#include "guest.inc"
#include "high.inc"
#include "roots.inc"
/* The program at \prog of user mode's page, and back here. */
.macro go prog
	pushq $USER_SS
	pushq $0x7777
	pushq $0x202
	pushq $USER_CS
	movq $PLACE+\prog, %rax
	pushq %rax
	gate 0x80, 7f, 0xee00
	iretq
7:	leaq stack_top(%rip), %rsp
.endm
/* Of the large page: bit 0 accessed, bit 1 dirty. */
.macro bits text, value, number
	print "guest: \text\n"
	movq l2+8(%rip), %rax
	shrl $5, %eax
	andl $3, %eax
	cmpl $\value, %eax
	expect e, \number
.endm
#define READ 0
#define WRITE 0x20
	.globl start
start:
	go_high
	port_write 0xff, 0x21
	port_write 0xff, 0xa1
	gate 14, fault
	gate 13, fault
	movq %cr3, %rbx
	physical l3, 0x67
	movq %rax, 8(%rbx)
	entry l3, 0, l2
	entry l2, 0, l1
	entry l1, 0, code
	movq $0x2000087, %rax
	movq %rax, l2+8(%rip)
	movq %rbx, %cr3
	leaq user_code(%rip), %rsi
	leaq code(%rip), %rdi
	movl $(user_end-user_code), %ecx
	rep movsb
	bits "fresh", 0, 1
	go READ
	bits "read", 1, 2
	go WRITE
	bits "written", 3, 3
	btrl $6, l2+8(%rip)
	movq %cr3, %rax
	movq %rax, %cr3
	go WRITE
	bits "D cleared, CR3 loaded, written", 3, 4
	btrl $5, l2+8(%rip)
	movq %cr3, %rax
	movq %rax, %cr3
	go READ
	bits "A cleared, CR3 loaded, read", 3, 5
	btrl $6, l2+8(%rip)
	btrl $5, l2+8(%rip)
	movq $PLACE+0x200000, %rdi
	invlpg (%rdi)
	go WRITE
	bits "A, D cleared, invlpg, written", 3, 6
	btrl $5, l3(%rip)
	movq %cr3, %rax
	movq %rax, %cr3
	go READ
	print "guest: A of a table cleared, CR3 loaded, read\n"
	btl $5, l3(%rip)
	expect c, 7
	finish 0x10
fault:	print "guest: fault\n"
	finish 3
user_code:
	movq $PLACE+0x200000, %rdi
	movq (%rdi), %rsi
	.byte 0xcd, 0x80
	.org user_code + WRITE
	movq $PLACE+0x200000, %rdi
	movq %rdi, (%rdi)
	.byte 0xcd, 0x80
user_end:
	.bss
	.balign 4096
l3: .skip 4096
l2: .skip 4096
l1: .skip 4096
code: .skip 4096
	.skip 4096
stack_top:
