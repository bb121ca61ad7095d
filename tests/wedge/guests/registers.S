/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * x87, SSE and, where CPUID offers it, AVX registers: loaded with a pattern, they are
 * the same after a while in which the wedge was entered often. SDM volume 1, 13.4.
 */
#include "guest.inc"
#define CR0_MP 2
#define CR0_EM_TS 0xc
#define CR4_OSFXSR 0x200
#define CR4_OSXSAVE 0x40000
#define HAS_XSAVE 26
#define AVX_AT 576
#define SIZE 832

	.globl start
start:
	leaq stack_top(%rip), %rsp
	cld
	movq %cr0, %rax
	andl $~CR0_EM_TS, %eax
	orl $CR0_MP, %eax
	movq %rax, %cr0
	movq %cr4, %rax
	orl $CR4_OSFXSR, %eax
	movq %rax, %cr4
	movl $1, %eax
	cpuid
	xorl %r12d, %r12d		/* XSAVE's parts */
	btl $HAS_XSAVE, %ecx
	jnc 1f
	movq %cr4, %rax
	orl $CR4_OSXSAVE, %eax
	movq %rax, %cr4
	movl $0xd, %eax
	xorl %ecx, %ecx
	cpuid
	movl %eax, %r12d
	andl $7, %r12d
	movl %r12d, %eax
	xorl %edx, %edx
	xorl %ecx, %ecx
	xsetbv
1:	leaq pattern(%rip), %rdi	/* numbers of 8 bytes, no two the same */
	movl $SIZE, %ecx
	movq $0x3c5a0f1187654321, %rax
2:	stosq
	addq %rdi, %rax
	rorq $7, %rax
	subl $8, %ecx
	jnz 2b
	leaq pattern(%rip), %rdi
	movq $0x000000ff0000037f, %rax	/* control, status, tag and opcode */
	movq %rax, (%rdi)
	xorl %eax, %eax
	movq %rax, 8(%rdi)		/* pointers: processors differ in what they keep */
	movq %rax, 16(%rdi)
	movl $0x1fbf, 24(%rdi)		/* MXCSR */
	movl %eax, 28(%rdi)
	leaq 32(%rdi), %rdi		/* ST0 to ST7 have 10 bytes each */
	movl $8, %ecx
3:	movq $0x3fff, %rax
	addq %rcx, %rax
	movq %rax, 8(%rdi)
	btsq $63, (%rdi)
	addq $16, %rdi
	decl %ecx
	jnz 3b
	leaq pattern(%rip), %rsi
	movq %r12, 512(%rsi)
	xorl %eax, %eax
	leaq 520(%rsi), %rdi
	movl $7, %ecx
	rep stosq
	leaq found(%rip), %rdi
	movl %r12d, %eax
	xorl %edx, %edx
	testl %r12d, %r12d
	jz 4f
	xrstor (%rsi)
	jmp 5f
4:	fxrstor (%rsi)
5:	movl $200, %ebx			/* the wedge, often */
6:	movq %cr2, %rax
	inb $0x21, %al
	pushfq
	cli
	popfq
	decl %ebx
	jnz 6b
	movl %r12d, %eax
	xorl %edx, %edx
	testl %r12d, %r12d
	jz 7f
	xsave (%rdi)
	jmp 8f
7:	fxsave (%rdi)
8:	movl 24(%rsi), %eax
	cmpl %eax, 24(%rdi)
	expect e, 1
	movl (%rsi), %eax		/* control and status */
	cmpl %eax, (%rdi)
	expect e, 2
	xorl %ecx, %ecx
1:	movq 32(%rsi,%rcx), %rax
	cmpq %rax, 32(%rdi,%rcx)
	expect e, 3
	movzwl 40(%rsi,%rcx), %eax
	cmpw %ax, 40(%rdi,%rcx)
	expect e, 4
	addl $16, %ecx
	cmpl $128, %ecx
	jne 1b
	movl $160, %ecx
1:	movq (%rsi,%rcx), %rax
	cmpq %rax, (%rdi,%rcx)
	expect e, 5
	addl $8, %ecx
	cmpl $416, %ecx
	jne 1b
	print "guest: x87 and SSE registers as they were\n"
	leaq pattern(%rip), %r8
	leaq found(%rip), %rdi
	testl $4, %r12d
	jz 2f
	movl $AVX_AT, %ecx
1:	movq (%r8,%rcx), %rax
	cmpq %rax, (%rdi,%rcx)
	expect e, 6
	addl $8, %ecx
	cmpl $SIZE, %ecx
	jne 1b
	print "guest: AVX registers as they were\n"
2:	finish 0x10

	.bss
	.balign 64
pattern: .skip SIZE
	.balign 64
found:	.skip SIZE
	.balign 16
	.skip 4096
stack_top:
