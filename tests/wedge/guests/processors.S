/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * Two processors: the second is woken through the mailbox (at the place that the
 * wedge's tables name) and comes by 32-bit code without paging to the first
 * one's tables. Each has its own registers, flags and CR2; interrupts go both
 * ways, with interrupts off on the one that sends; a mapping that the first one
 * changes is another for the second once it has been told by an interrupt.
 */
#include "guest.inc"
#define LAPIC 0xfee00000
#define MAILBOX 0xfee01000
#define EOI 0xb0
#define SVR 0xf0
#define ICR 0x300
#define ICR2 0x310
#define PLACE 0x40000000	/* nothing is there */
#define MSR_GS_BASE 0xc0000101

.macro gate vector, to
	leaq \to(%rip), %rax
	movw %ax, idt+16*\vector(%rip)
	movw $0x10, idt+16*\vector+2(%rip)
	movw $0x8e00, idt+16*\vector+4(%rip)
	shrq $16, %rax
	movw %ax, idt+16*\vector+6(%rip)
	shrq $16, %rax
	movl %eax, idt+16*\vector+8(%rip)
.endm

/* An interrupt to processor \to. */
.macro send to, vector
	movl $LAPIC, %edi
	movl $\to << 24, %eax
	movl %eax, ICR2(%rdi)
	movl $\vector, %eax
	movl %eax, ICR(%rdi)
.endm

/* Until the word is \value; 2^27 looks are too many. */
.macro until word, value, number
	movl $0x8000000, %ecx
7:	cmpl $\value, \word(%rip)
	je 6f
	pause
	decl %ecx
	jnz 7b
6:	cmpl $\value, \word(%rip)
	expect e, \number
.endm

.macro set_gs_base value
	movl $MSR_GS_BASE, %ecx
	movl $\value, %eax
	xorl %edx, %edx
	wrmsr
.endm

	.globl start
start:
	leaq stack_top(%rip), %rsp
	leaq idt(%rip), %rax
	movq %rax, idtr+2(%rip)
	gate 0x41, to_second
	gate 0x42, to_first
	gate 0x43, forget
	lgdt gdtr(%rip)
	lidt idtr(%rip)
	/* The controllers and the mailbox; a page of one's own at PLACE. */
	movq %cr3, %rax
	movl %eax, tables(%rip)
	movq (%rax), %rbx
	andq $~0xfff, %rbx
	movq 3*8(%rbx), %rdx
	andq $~0xfff, %rdx
	movq $LAPIC + 0x83, %rax
	movq %rax, 0x1f7*8(%rdx)
	movq 1*8(%rbx), %rdx
	andq $~0xfff, %rdx
	leaq table+3(%rip), %rax
	movq %rax, (%rdx)
	leaq frame_a+3(%rip), %rax
	movq %rax, table(%rip)
	movl $0x1ff, %eax
	movl $LAPIC, %edi
	movl %eax, SVR(%rdi)
	cli
	movl $0x1111, %eax
	movq %rax, %cr2
	set_gs_base 0x11110000
	movl $MAILBOX, %edi
	movl $1, %eax
	movl %eax, 4(%rdi)
	leaq woken(%rip), %rax
	movq %rax, 8(%rdi)
	movw $1, %ax
	movw %ax, (%rdi)
	until second_runs, 1, 1
	print "guest: two processors\n"

	movq %cr2, %rax
	cmpq $0x1111, %rax
	expect e, 2
	movl $MSR_GS_BASE, %ecx
	rdmsr
	cmpl $0x11110000, %eax
	expect e, 3
	/* The second has interrupts on, the first off: only that one's come. */
	send 1, 0x41
	until second_had, 1, 4
	until second_answered, 1, 5
	movl $1000000, %ecx
1:	decl %ecx
	jnz 1b
	cmpl $0, first_had(%rip)
	expect e, 6
	sti
	until first_had, 1, 7
	cli
	print "guest: interrupts both ways\n"

	/* It has read the first page; then there is another. */
	until second_saw, 0xa, 8
	leaq frame_b+3(%rip), %rax
	movq %rax, table(%rip)
	send 1, 0x43
	until second_saw, 0xb, 9
	cmpl $0xa, second_before(%rip)
	expect e, 10
	/* The one that changed it may see the old page until it forgets. */
	movl $PLACE, %edi
	invlpg (%rdi)
	cmpl $0xb, (%rdi)
	expect e, 11
	print "guest: a mapping changed for both\n"
	finish 0x10

to_first:
	pushq %rax
	pushq %rdi
	incl first_had(%rip)
	jmp 1f
to_second:
	pushq %rax
	pushq %rdi
	incl second_had(%rip)
1:	movl $LAPIC, %edi
	xorl %eax, %eax
	movl %eax, EOI(%rdi)
	popq %rdi
	popq %rax
	iretq
forget:
	pushq %rax
	pushq %rdi
	movl $PLACE, %edi
	movl second_saw(%rip), %eax
	movl %eax, second_before(%rip)
	invlpg (%rdi)
	jmp 1b

/* The way up, as the firmware leaves a processor: no site may stand here, for
   nothing of it runs under a hypervisor. */
woken:
	{nooptimize} lidt none(%rip)
	{nooptimize} lgdt gdtr32(%rip)
	{nooptimize} ljmpl *compat(%rip)
	.code32
without_paging:
	movl $0x50033, %eax
	{nooptimize} movl %eax, %cr0
	movw $0x18, %dx
	{nooptimize} movl %edx, %ss
	{nooptimize} movl %edx, %ds
	movl $second_stack_top - 16, %esp
	addl $16, %esp
	btl $3, zero
	jc without_paging
	movl $0x20, %eax
	{nooptimize} movl %eax, %cr4
	movl tables, %eax
	{nooptimize} movl %eax, %cr3
	movl $0xc0000080, %ecx
	{nooptimize} rdmsr
	bts $8, %eax
	{nooptimize} wrmsr
	cmpl zero, %eax
	je without_paging
	movl $0x80050033, %eax
	{nooptimize} movl %eax, %cr0
	{nooptimize} ljmpl $0x10, $second
	.code64
second:
	lgdt gdtr(%rip)
	lidt idtr(%rip)
	movl $0x1ff, %eax
	movl $LAPIC, %edi
	movl %eax, SVR(%rdi)
	movl $0x2222, %eax
	movq %rax, %cr2
	set_gs_base 0x22220000
	sti
	movl $1, second_runs(%rip)
	until second_had, 1, 20
	pushfq
	popq %rax
	testl $0x200, %eax
	expect nz, 21
	cli
	send 0, 0x42
	sti
	movl $1, second_answered(%rip)
	movq %cr2, %rax
	cmpq $0x2222, %rax
	expect e, 22
	movl $MSR_GS_BASE, %ecx
	rdmsr
	cmpl $0x22220000, %eax
	expect e, 23
	movl $PLACE, %edi
1:	movl (%rdi), %eax
	movl %eax, second_saw(%rip)
	pause
	jmp 1b

	.data
	.balign 16
gdt:	.quad 0, 0x00cf9b000000ffff, 0x00af9b000000ffff, 0x00cf93000000ffff
gdtr:	.word gdtr - gdt - 1
	.quad gdt
gdtr32:	.word gdtr - gdt - 1
	.quad gdt
idtr:	.word 4095
	.quad 0
none:	.word 0
	.quad 0
compat:	.long without_paging
	.word 8
	.balign 4
tables:	.long 0
zero:	.long 0
second_runs: .long 0
second_had: .long 0
second_answered: .long 0
first_had: .long 0
second_saw: .long 0
second_before: .long 0
	.balign 4096
frame_a: .long 0xa
	.balign 4096
frame_b: .long 0xb
	.bss
	.balign 4096
table:	.skip 4096
idt:	.skip 4096
	.skip 4096
stack_top:
	.skip 4096
second_stack_top:
