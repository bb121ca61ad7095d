/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * insb to a page that may not be written, in the kernel and in user mode: the fault
 * comes before the port is read, and nothing of what the device had is lost. Operands
 * at addresses that are not canonical: a general protection, or a stack fault where
 * the stack is meant. SDM volume 2, INS; volume 1, 3.3.7.1.
 */
#include "guest.inc"
#include "high.inc"
#include "users.inc"
#define PAGE_FAULT 14
#define PROTECTION 13
#define STACK_FAULT 12
#define COUNTER 0x42			/* the 8254's channel 2: first the low byte */
#define LOW 0x34
#define HIGH_BYTE 0x12
#define TARGET (USER_STACK-8)

/* The counter stands at 1234h, and says so in two reads. */
.macro set_counter
	port_write 0, 0x61
	port_write 0xb0, 0x43
	port_write LOW, COUNTER
	port_write HIGH_BYTE, COUNTER
	port_write 0x80, 0x43
.endm
.macro take_away flags
	physical user_stack, \flags
	movq %rax, user_l1+8*(USER_FIRST+2)(%rip)
	movq %cr3, %rax
	movq %rax, %cr3
	movl $0, faults(%rip)
.endm
.macro both number
	cmpl $1, faults(%rip)
	expect e, \number
	inb $COUNTER, %al
	movb %al, %ah
	movb user_stack+4096-8(%rip), %al
	cmpw $HIGH_BYTE<<8|LOW, %ax
	expect e, \number+1
.endm
/* al: the exception that \insn raises, with error code 0, at itself. */
.macro tries insn:vararg
	leaq 9f(%rip), %rax
	movq %rax, user_resume(%rip)
	movb $0, %al
	leaq 8f(%rip), %rcx
	movq $0x0000800000000000, %rbx
	movq %rbx, %rbp
	movq %rbx, %rsi
	movq %rbx, %rdi
	movl $COUNTER, %edx
8:	\insn
9:
.endm
.macro raises vector, number, insn:vararg
	tries \insn
	cmpb $\vector, %al
	expect e, \number
.endm

	.globl start
start:
	go_high
	make_user program, program_end
	gate PAGE_FAULT, fault
	gate PROTECTION, protection
	gate STACK_FAULT, stack_fault
	gate 0x80, software, 0xee00

	take_away 0x60
	set_counter
	movl $COUNTER, %edx
	movl $TARGET, %edi
	insb
	both 1
	take_away 0x65
	set_counter
	movl $COUNTER, %edx
	movl $TARGET, %edi
	movw $60, tss+102(%rip)		/* a bitmap that forbids none */
	visit 0
	cmpb $'S', %al
	expect e, 3
	both 4
	print "guest: nothing is lost by a fault\n"

	raises PROTECTION, 6, outsb
	raises PROTECTION, 7, insb
	raises PROTECTION, 8, lgdt (%rbx)
	raises PROTECTION, 9, sidt (%rbx)
	raises PROTECTION, 10, lldt (%rbx)
	raises PROTECTION, 11, lmsw (%rbx)
	raises PROTECTION, 12, movw %ds, (%rbx)
	raises PROTECTION, 13, verr (%rbx)
	print "guest: no faults of pages that cannot be\n"
	/* QEMU has a general protection for these, and checks no base. */
	tries lgdt (%rbp)
	cmpb $PROTECTION, %al
	je 2f
	cmpb $STACK_FAULT, %al
	expect e, 14
	raises STACK_FAULT, 15, movw (%rbp), %ds
	movq %rbx, table+2(%rip)
	raises PROTECTION, 16, lgdt table(%rip)
	raises PROTECTION, 17, lidt table(%rip)
	print "stack faults, and no table that cannot be\n"
2:	finish 0x10

/* The page may be written from now on. */
fault:	pushq %rax
	movq %cr2, %rax
	cmpq $TARGET, %rax
	expect e, 20
	incl faults(%rip)
	physical user_stack, 0x67
	movq %rax, user_l1+8*(USER_FIRST+2)(%rip)
	movq %cr2, %rax
	invlpg (%rax)
	popq %rax
	addq $8, %rsp
	iretq

.macro is vector, name
\name:	cmpq $0, (%rsp)
	expect e, 21
	cmpq %rcx, 8(%rsp)
	jne user_entered
	movb $\vector, %al
	jmp user_entered
.endm
	is PROTECTION, protection
	is STACK_FAULT, stack_fault
	entered software, 'S'

program:
	.byte 0x6c			/* insb */
	.byte 0xcd, 0x80
program_end:

	.data
	.balign 8
table:	.word 0xffff
	.quad 0
	.bss
	.balign 8
faults:	.long 0
	.balign 4096
	.skip 4096
stack_top:
