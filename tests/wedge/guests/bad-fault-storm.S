/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/* Misbehaves. Its handler of page faults stands where no page is, so that each fault makes the next. */
#include "guest.inc"
	.globl start, here
start:
	leaq stack_top(%rip), %rsp
	print "guest: begin\n"
	leaq idt(%rip), %rdi
	movl $256, %ecx
1:	movl $0x80, 8(%rdi)		/* 512 GiB */
	movw $0x10, 2(%rdi)
	movw $0x8e00, 4(%rdi)
	addq $16, %rdi
	decl %ecx
	jnz 1b
	leaq idt(%rip), %rax
	movq %rax, idtr+2(%rip)
	leaq gdt(%rip), %rax
	movq %rax, gdtr+2(%rip)
	lgdt gdtr(%rip)
	lidt idtr(%rip)
	movl $0x200000, %esp
here:	ud2
	finish 0x10
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
	.skip 4096
stack_top:
