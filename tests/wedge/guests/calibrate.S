/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * What a kernel sees that calibrates the TSC by the 8254: 100,000 times two reads of
 * channel 2, and the cycles (in hexadecimal) from one time to the next: the
 * least, the most, their sum, and how many were gaps of more than 400,000, in which
 * something else ran.
 */
#include "guest.inc"
	.set GAP, 400000
	.set READS, 100000
	.macro to port, value
	movl $\port, %edx
	movb $\value, %al
	outb %al, %dx
	.endm
	.globl start
start:
	leaq stack_top(%rip), %rsp
	to 0x61, 1
	to 0x43, 0xb0
	to 0x42, 0xff
	to 0x42, 0xff
	movl $READS, %ebx
	movq $-1, %r12	/* min */
	xorl %r13d, %r13d /* max */
	xorl %r14d, %r14d /* sum */
	xorl %r15d, %r15d /* gaps */
	rdtsc
	shlq $32, %rdx
	orq %rdx, %rax
	movq %rax, %rbp
1:	movl $0x42, %edx
	inb %dx, %al
	inb %dx, %al
	rdtsc
	shlq $32, %rdx
	orq %rdx, %rax
	movq %rax, %rcx
	subq %rbp, %rax
	movq %rcx, %rbp
	cmpq %r12, %rax
	cmovb %rax, %r12
	cmpq %r13, %rax
	cmova %rax, %r13
	addq %rax, %r14
	cmpq $GAP, %rax
	jb 2f
	incq %r15
2:	decl %ebx
	jnz 1b
	print "guest: least "
	movq %r12, %rdi
	call num
	print "guest: most "
	movq %r13, %rdi
	call num
	print "guest: sum of 100000 "
	movq %r14, %rdi
	call num
	print "guest: gaps "
	movq %r15, %rdi
	call num
	finish 0x10
num:	movl $0x3f8, %edx
	movl $16, %ecx
3:	rolq $4, %rdi
	movl %edi, %eax
	andl $15, %eax
	addb $'0', %al
	cmpb $'9', %al
	jbe 4f
	addb $39, %al
4:	outb %al, %dx
	decl %ecx
	jnz 3b
	movb $'\n', %al
	outb %al, %dx
	ret
	.bss
	.balign 16
	.skip 4096
stack_top:
