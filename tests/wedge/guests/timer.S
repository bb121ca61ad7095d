/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * Interrupts: the 8254's at 100 Hz through the 8259 to vector 0x20, taken in
 * sti; hlt, none with interrupts off, one that waits taken at sti.
 */
#include "guest.inc"
	.globl start
start:
	leaq stack_top(%rip), %rsp
	leaq gdt(%rip), %rax
	movq %rax, gdtr+2(%rip)
	lgdt gdtr(%rip)
	leaq tick(%rip), %rax
	movw %ax, idt+0x200(%rip)
	movw $0x10, idt+0x202(%rip)
	movw $0x8e00, idt+0x204(%rip)
	shrq $16, %rax
	movw %ax, idt+0x206(%rip)
	shrq $16, %rax
	movl %eax, idt+0x208(%rip)
	leaq idt(%rip), %rax
	movq %rax, idtr+2(%rip)
	lidt idtr(%rip)
	/* ICW1 to ICW4, all but line 0 masked. */
	movb $0x11, %al
	outb %al, $0x20
	movb $0x20, %al
	outb %al, $0x21
	movb $4, %al
	outb %al, $0x21
	movb $1, %al
	outb %al, $0x21
	movb $0xfe, %al
	outb %al, $0x21
	/* Channel 0, both bytes, mode 2, 11932 counts. */
	movb $0x34, %al
	outb %al, $0x43
	movb $0x9c, %al
	outb %al, $0x40
	movb $0x2e, %al
	outb %al, $0x40
1:	sti
	hlt
	cli
	cmpl $10, ticks(%rip)
	jb 1b
	print "guest: ten ticks\n"
	/* With interrupts off none comes, however long it takes. */
	movl ticks(%rip), %ebx
	movl $40000000, %ecx
2:	decl %ecx
	jnz 2b
	cmpl %ebx, ticks(%rip)
	expect e, 1
	sti
	nop
	nop
	cli
	cmpl %ebx, ticks(%rip)
	expect ne, 2
	print "guest: one waited\n"
	finish 0x10
tick:
	incl ticks(%rip)
	pushq %rax
	movb $0x20, %al
	outb %al, $0x20
	popq %rax
	iretq

	.data
	.balign 8
gdt:	.quad 0, 0, 0x00af9b000000ffff, 0x00cf93000000ffff
gdtr:	.word gdtr - gdt - 1
	.quad 0
idtr:	.word 4095
	.quad 0
ticks:	.long 0
	.bss
	.balign 4096
idt:	.skip 4096
	.skip 4096
stack_top:
