/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * Breakpoints in a kernel: words that an instruction does not touch are not met by it,
 * below its stack pointer either; words that it touches are, once; one on an
 * instruction lets it go with RF.
 * SDM volume 3, 17.2 and 17.3.1.
 */
#include "guest.inc"
#include "high.inc"
#define WRITES 0x90001			/* DR7: number 0, 8 bytes */
#define READS_WRITES 0xb0001
#define RUNS 0x00001			/* an instruction */
#define RF 0x10000
	.globl start

.macro set_dr7 value
	movl $\value, %eax
	movq %rax, %dr7
.endm
.macro none_met number
	cmpl $0, met(%rip)
	expect e, \number
	movq %dr6, %rax
	testb $15, %al
	expect z, \number+1
.endm
/* What has been met: once, behind the instruction in front of this. */
.macro once_met number
9:	leaq 9b(%rip), %rax
	cmpl $1, met(%rip)
	expect e, \number
	cmpq %rax, where(%rip)
	expect e, \number+1
	testb $1, saw(%rip)
	expect nz, \number+2
	movl $0, met(%rip)
	xorl %eax, %eax
	movq %rax, %dr6
.endm

start:
	go_high
	gate 1, debug
	subq $512, %rsp
	xorl %eax, %eax
	movq %rax, %dr6
	movl $0x277, %ecx

	/* The words that the wedge might push at: none of them is the guest's. */
	.irp kind, WRITES, READS_WRITES
	movl $8, %ebx
1:	movq %rsp, %rax
	subq %rbx, %rax
	movq %rax, %dr0
	set_dr7 \kind
	sti
	cli
	movl %cs, %eax
	movq %cr0, %rax
	rdmsr
	inb $0x61, %al
	xorl %eax, %eax
	movl %eax, %fs
	swapgs
	swapgs
	sti
	cli
	set_dr7 0
	none_met 1
	addl $8, %ebx
	cmpl $256, %ebx
	jbe 1b
	.endr
	print "guest: nothing met below the stack\n"

	pushq $0			/* frames are pushed below the word, then */
	leaq -8(%rsp), %rax
	movq %rax, %dr0
	set_dr7 WRITES
	pushf
	once_met 5
	set_dr7 READS_WRITES
	popf
	once_met 10
	set_dr7 0
	pushf
	addq $8, %rsp
	none_met 15
	leaq word(%rip), %rax
	movq %rax, %dr0
	set_dr7 WRITES
	movl $1, word(%rip)
	once_met 20
	sgdt word(%rip)
	once_met 25
	movl word(%rip), %eax
	str %ebx
	none_met 30
	print "guest: each met once\n"

	leaq 1f(%rip), %rax
	movq %rax, %dr0
	set_dr7 RUNS
	movl $3, %ebx
	xorl %edi, %edi
1:	incl %edi
	decl %ebx
	jnz 1b
	cmpl $3, %edi
	expect e, 35
	cmpl $3, met(%rip)
	expect e, 36
	leaq 1b(%rip), %rax
	cmpq %rax, where(%rip)
	expect e, 37
	movl $0, met(%rip)
	leaq 1f(%rip), %rax
	movq %rax, %dr0
1:	cli
	cmpl $1, met(%rip)
	expect e, 38
	set_dr7 0
	print "guest: instructions go on with RF\n"
	finish 0x10

debug:	pushq %rax
	incl met(%rip)
	cmpl $1000, met(%rip)
	expect b, 40
	movq 8(%rsp), %rax
	movq %rax, where(%rip)
	movq %dr6, %rax
	movl %eax, saw(%rip)
	xorl %eax, %eax
	movq %rax, %dr6
	movq %dr7, %rax
	testl $0xf0000, %eax
	jnz 1f
	orl $RF, 24(%rsp)
1:	popq %rax
	iretq

	.data
	.balign 8
word:	.quad 0, 0
where:	.quad 0
met:	.long 0
saw:	.long 0
	.bss
	.balign 4096
	.skip 4096
stack_top:
