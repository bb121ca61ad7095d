/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * Calls down to the last 700 bytes of a stack with nothing below, while timer
 * interrupts nest on it, each with interrupts on again as a softirq has them; at
 * the bottom an interrupt with a stack of its own, as NMIs have. All the way up
 * again every frame must be what it was.
 */
#include "deep.inc"
#define FRAME 96
#define TICKS 200
	.globl start
start:
	to_deep_stack
	gate 0x22, nmi
	on_stack_1 0x22
	gate 0x20, tick
	port_write 0x11, 0x20
	port_write 0x20, 0x21
	port_write 4, 0x21
	port_write 1, 0x21
	port_write 0xfe, 0x21
	port_write 0x34, 0x43		/* 4 kHz */
	port_write 0x2a, 0x40
	port_write 1, 0x40
	xorl %r12d, %r12d
1:	incl %r12d
	sti
	movl %r12d, %edi
	call down
	cli
	cmpl $TICKS, ticks(%rip)
	jb 1b
	cmpl %r12d, nmis(%rip)
	expect e, 1
	print "guest: every frame as it was\n"
	finish 0x10

/* edi: what stands in the frame. */
down:	subq $FRAME, %rsp
	movq %rdi, (%rsp)
	movq %rsp, FRAME-8(%rsp)
	movabsq $STACK+700, %rax
	cmpq %rax, %rsp
	jb 1f
	leal 1(%rdi), %edi
	call down
	decl %edi
	jmp 2f
1:	int $0x22
2:	cmpq (%rsp), %rdi		/* the one below gives its number back */
	expect e, 2
	cmpq FRAME-8(%rsp), %rsp
	expect e, 3
	addq $FRAME, %rsp
	ret

nmi:	incl nmis(%rip)
	iretq

tick:	pushq %rax
	incl ticks(%rip)
	movb $0x20, %al
	outb %al, $0x20
	incl depth(%rip)
	cmpl $2, depth(%rip)
	ja 2f
	sti
	movl $2000, %eax
1:	decl %eax
	jnz 1b
	cli
2:	decl depth(%rip)
	popq %rax
	iretq

	.bss
nmis:	.long 0
ticks:	.long 0
depth:	.long 0
