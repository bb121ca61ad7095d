/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * A kernel that runs where it was moved to (start.c), whatever its tables map: sites of 7
 * bytes trap once each, and do the same from then on; a copy of one that has not run
 * traps at its own place. Prints nothing but what it comes to.
 */
#define LOWER_HALF
#include "../../wedge/guests/guest.inc"
#define ROUNDS 1000
	.globl start
start:
	leaq 1f(%rip), %rax
	movq $0x4000c0000000, %rcx
	addq %rcx, %rax
	jmp *%rax
1:	leaq stack_top(%rip), %rsp
	cld
	print "guest: at its place\n"
	movl $ROUNDS, %ebx
2:	movl $0x61, %edx
	inb %dx, %al			/* 7 bytes each, but for the flags' */
	movq %cr3, %rax
	movq %rax, %cr2
	movl $0, %eax
	movq %cr2, %rax
	movq %cr3, %rcx
	cmpq %rax, %rcx
	expect e, 1
	movl $0xc0000102, %ecx
	movl %ebx, %eax
	xorl %edx, %edx
	wrmsr
	rdmsr
	cmpl %eax, %ebx
	expect e, 2
	cli
	pushfq
	popq %rax
	testl $0x200, %eax
	expect z, 3
	decl %ebx
	jnz 2b
	/* The original has not run: it is copied as it stands in the kernel. */
	leaq source(%rip), %rsi
	leaq copy(%rip), %rdi
	movl $source_end-source, %ecx
	rep movsb
	xorl %ecx, %ecx
	movl $2, %ebx
3:	call copy
	movq %cr3, %rcx
	cmpq %rax, %rcx
	expect e, 4
	decl %ebx
	jnz 3b
	print "guest: each as it should be\n"
	finish 0x10
source:	movq %cr3, %rax
	ret
source_end:
	.data
	.balign 16
copy:	.skip 64
	.bss
	.balign 16
	.skip 4096
stack_top:
