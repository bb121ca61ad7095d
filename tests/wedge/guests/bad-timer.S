/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * A timer of the local controller at its fastest whose interrupt is never
 * ended: the guest must get on all the same, and end by itself.
 */
#include "guest.inc"
#define LAPIC 0xfee00000
	.globl start
start:
	leaq stack_top(%rip), %rsp
	leaq gdt(%rip), %rax
	movq %rax, gdtr+2(%rip)
	lgdt gdtr(%rip)
	pushq $0x10
	leaq 1f(%rip), %rax
	pushq %rax
	lretq
1:	leaq tick(%rip), %rax
	movw %ax, idt+0x400(%rip)
	movw $0x10, idt+0x402(%rip)
	movw $0x8e00, idt+0x404(%rip)
	shrq $16, %rax
	movw %ax, idt+0x406(%rip)
	shrq $16, %rax
	movl %eax, idt+0x408(%rip)
	leaq idt(%rip), %rax
	movq %rax, idtr+2(%rip)
	lidt idtr(%rip)
	movb $0xff, %al			/* nothing from the 8259 pair */
	outb %al, $0x21
	outb %al, $0xa1
	/* 2 MiB with the controller, at their place: the last of 4 GiB. */
	movq %cr3, %rax
	movq (%rax), %rbx
	andq $~0xfff, %rbx		/* level 3 */
	leaq new_pd(%rip), %rdx
	movl $0xfee00083, %ecx
	movq %rcx, (0xfee00000 - 0xc0000000) / 0x200000 * 8(%rdx)
	orq $3, %rdx
	movq %rdx, 24(%rbx)
	movq %rax, %cr3
	movl $LAPIC, %ebx
	movl $0x1ff, 0xf0(%rbx)		/* on */
	movl $0xb, 0x3e0(%rbx)		/* divided by 1 */
	movl $0x20040, 0x320(%rbx)	/* periodic, vector 40h */
	movl $1, 0x380(%rbx)
	sti
	movl $3000000, %ecx
2:	decl %ecx
	jnz 2b
	cli
	cmpl $1, ticks(%rip)		/* it came once: it is still in service */
	expect e, 1
	print "guest: got on"
	finish 0x10
tick:
	incl ticks(%rip)
	iretq

	.data
	.balign 8
gdt:	.quad 0, 0, 0x00af9b000000ffff, 0x00cf93000000ffff
gdtr:	.word gdtr - gdt - 1
	.quad 0
idtr:	.word 4095
	.quad 0
	.bss
	.balign 4096
idt:	.skip 4096
new_pd:	.skip 4096
ticks:	.long 0
	.balign 16
	.skip 4096
stack_top:
