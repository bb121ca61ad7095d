/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * Loads and stores that the table names as those of device memory: they do to a
 * device, to memory, and where nothing is mapped, what the same instruction does that no
 * table names.
 */
#include "guest.inc"
#include "high.inc"
#include "window.inc"
/* Pages: the local APIC, memory, read-only memory, nothing, and what comes later. */
#define LAPIC (WINDOW)
#define TASK_PRIORITY (LAPIC+0x80)
#define MEMORY (WINDOW+0x1000)
#define CONSTANT (WINDOW+0x2000)
#define ABSENT (WINDOW+0x3000)
#define LATER (WINDOW+0x4000)
#define CR0_WP 0x10000
/* As docs/table-format.md numbers them. */
#define STORE 1
#define LOAD 7
#define MMIO 8

/* The instruction, as the compiler leaves it: room for a call, an entry in the table. */
.macro access op, text:vararg
70:	\text
71:	.nops 9
72:
	previrt_single_memory 70b, \op, 4, MMIO, 71b-70b, 72b-71b, 0, 0
.endm
.macro load text:vararg
	access LOAD, \text
.endm
.macro store text:vararg
	access STORE, \text
.endm

	.globl start
start:
	go_high
	gate 14, page
	open_window
	movl $0xfee00063, %eax
	movq %rax, l1(%rip)
	entry l1, 1, memory
	entry l1, 2, memory, 0x61
	movq %cr0, %rax
	orl $CR0_WP, %eax
	movq %rax, %cr0

	/* rsp in the address, and the number of the next instruction. */
	movl $0x10, word(%rip)
	load movl word(%rip), %edx
	cmpl $0x10, %edx
	expect e, 1
	pushq $0x1234
	load movzbl 1(%rsp), %eax
	cmpl $0x12, %eax
	expect e, 2
	popq %rax

	.irp address, TASK_PRIORITY, MEMORY
	movq $\address, %rdi
	movl $0x50, %eax
	stc
	store movl %eax, (%rdi)
	expect c, 3			/* no flag changes */
	movq $-1, %rbx
	load movl (%rdi), %ebx
	cmpq $0x50, %rbx		/* the upper half is gone */
	expect e, 4
	store movl $0x30, (%rdi)
	xorl %ecx, %ecx
	load movl -0x80(%rdi,%rcx,4), %r10d
	movl -0x80(%rdi,%rcx,4), %r11d	/* no site */
	cmpl %r11d, %r10d
	expect e, 6
	.endr
	movl $0x1111, %r9d
	load movw (%rdi), %r9w		/* memory; the APIC's are of 32 bits */
	cmpl $0x30, %r9d
	expect e, 5
	movl $0, %eax
	movq $TASK_PRIORITY, %rdi
	store movl %eax, (%rdi)
	print "guest: devices and memory alike\n"

	/* Faults are those of the instruction. */
	leaq 8f(%rip), %r13
	movq $ABSENT, %rdi
	leaq 70f(%rip), %r12
	load movl (%rdi), %eax
8:	cmpl $0, error(%rip)
	expect e, 10
	cmpq %r12, fault_rip(%rip)
	expect e, 11
	movq %cr2, %rax
	cmpq %rdi, %rax
	expect e, 12
	leaq 8f(%rip), %r13
	movq $CONSTANT, %rdi
	leaq 70f(%rip), %r12
	store movl %eax, (%rdi)
8:	cmpl $3, error(%rip)
	expect e, 13
	cmpq %r12, fault_rip(%rip)
	expect e, 14
	print "guest: faults as the instruction's\n"

	/* A page-table entry: what is written is seen. */
	physical memory, 0x67
	leaq l1+8*4(%rip), %rdi
	store movq %rax, (%rdi)
	movl $0x7777, memory(%rip)
	movq $LATER, %rsi
	load movl (%rsi), %eax
	cmpl $0x7777, %eax
	expect e, 15
	cmpl $0x7777, (%rsi)
	expect e, 16
	print "guest: a page is there\n"
	finish 0x10

page:	popq %rax
	movl %eax, error(%rip)
	movq (%rsp), %rax
	movq %rax, fault_rip(%rip)
	movq %r13, (%rsp)
	iretq

	.bss
	.balign 4096
memory:	.skip 4096
	.skip 4096
stack_top:
fault_rip: .skip 8
error:	.skip 4
word:	.skip 4
