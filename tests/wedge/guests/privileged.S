/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * What a kernel sees of its machine: flags, descriptor tables, control
 * registers, MSRs, exceptions. Some instructions stand here twice: once as
 * sites, once hidden from the pack as bytes, so that they trap.
 */
#include "guest.inc"
	.globl start
start:
	leaq stack_top(%rip), %rsp
	/* A virtual interrupt flag that can be read back. */
	cli
	pushf
	popq %rax
	testl $0x200, %eax
	expect z, 1
	sti
	pushf
	popq %rax
	testl $0x200, %eax
	expect nz, 2
	.byte 0xfa			/* cli that nobody recorded */
	pushf
	popq %rax
	testl $0x200, %eax
	expect z, 3
	pushq $0x246
	popf
	pushf
	popq %rax
	andl $0xfff, %eax
	cmpl $0x246, %eax
	expect e, 4
	cli

	/* Tables. */
	leaq gdt(%rip), %rax
	movq %rax, gdtr+2(%rip)
	lgdt gdtr(%rip)
	sgdt result(%rip)
	movq result+2(%rip), %rbx
	cmpq %rax, %rbx
	expect e, 5
	pushq $0x10
	leaq 1f(%rip), %rax
	pushq %rax
	lretq
1:	movl $0x18, %eax
	movl %eax, %ss
	movl %eax, %ds
	movl %cs, %eax
	cmpl $0x10, %eax
	expect e, 6
	movl %ss, %eax
	cmpl $0x18, %eax
	expect e, 7
	leaq tss(%rip), %rax
	movw %ax, gdt_tss+2(%rip)
	shrq $16, %rax
	movb %al, gdt_tss+4(%rip)
	movb %ah, gdt_tss+7(%rip)
	leaq stack_top(%rip), %rax
	movq %rax, tss+4(%rip)
	movl $0x20, %eax
	ltr %ax
	xorl %eax, %eax
	str %eax
	cmpl $0x20, %eax
	expect e, 8

	/* An IDT whose gates all lead to `caught'. */
	leaq idt(%rip), %rdi
	leaq caught(%rip), %rax
	movl $256, %ecx
2:	movw %ax, (%rdi)
	movw $0x10, 2(%rdi)
	movw $0x8e00, 4(%rdi)
	movq %rax, %rdx
	shrq $16, %rdx
	movw %dx, 6(%rdi)
	shrq $16, %rdx
	movl %edx, 8(%rdi)
	addq $16, %rdi
	decl %ecx
	jnz 2b
	leaq idt(%rip), %rax
	movq %rax, idtr+2(%rip)
	lidt idtr(%rip)
	sidt result(%rip)
	cmpq %rax, result+2(%rip)
	expect e, 9

	/* Exceptions: where from, where to, and the stack between. */
	movq %rsp, %rbp
	leaq 3f(%rip), %rbx
	ud2
3:	cmpq %rbp, %rsp
	expect e, 10
	leaq 4f(%rip), %rbx
	movl $0x4711, %ecx
	rdmsr				/* no such register */
4:	cmpl $1, caught_count(%rip)
	expect g, 11
	leaq 5f(%rip), %rbx
	movq $0x7fff00000000, %rax
	movq (%rax), %rcx
5:	movq %cr2, %rcx
	movq $0x7fff00000000, %rax
	cmpq %rax, %rcx
	expect e, 12
	cmpl $3, caught_count(%rip)
	expect e, 13

	/* Control registers and MSRs. */
	movq %cr0, %rax
	testl $0x80000001, %eax
	expect nz, 14
	movq %cr4, %rax
	orl $0x80, %eax
	movq %rax, %cr4
	movq %cr4, %rcx
	cmpq %rax, %rcx
	expect e, 15
	movl $0xc0000082, %ecx
	movl $0x12345678, %eax
	movl $0xffffffff, %edx
	wrmsr
	xorl %eax, %eax
	xorl %edx, %edx
	rdmsr
	cmpl $0x12345678, %eax
	expect e, 16
	movl $0xc0000101, %ecx
	movl $0x1000, %eax
	xorl %edx, %edx
	wrmsr
	movl $0xc0000102, %ecx
	movl $0x2000, %eax
	wrmsr
	swapgs
	movl $0xc0000101, %ecx
	rdmsr
	cmpl $0x2000, %eax
	expect e, 17
	swapgs
	movl $1, %eax
	cpuid
	testl $0x80000000, %ecx		/* no hypervisor to be seen */
	expect z, 18

	/* invlpg and a page table of one's own: map the stack a second time. */
	movq %cr3, %rax
	movq (%rax), %rbx
	andq $~0xfff, %rbx		/* level 3 */
	movq $0x1000083, %rcx		/* 16 MiB, where this stands, at 512 GiB - 1 GiB */
	leaq new_pd(%rip), %rdx
	movq %rcx, (%rdx)
	orq $3, %rdx
	movq %rdx, 511*8(%rbx)
	movq $0x7fc0000000, %rdi
	movq $0x1234567, (canary)
	movq %rdi, %rsi
	leaq canary(%rip), %rcx
	subq $0x1000000, %rcx
	addq %rcx, %rsi
	cmpq $0x1234567, (%rsi)
	expect e, 19
	movq $0, new_pd(%rip)
	invlpg (%rdi)
	leaq 6f(%rip), %rbx
	movq (%rsi), %rax
6:	cmpl $4, caught_count(%rip)
	expect e, 20
	print "guest: all as on hardware\n"
	finish 0x10

/* Any exception: count it, go on at rbx with the stack it was taken with. */
caught:
	incl caught_count(%rip)
	movq %rbp, %rsp
	jmp *%rbx

	.data
	.balign 8
gdt:	.quad 0, 0, 0x00af9b000000ffff, 0x00cf93000000ffff
gdt_tss: .quad 0x0000890000000067, 0
gdtr:	.word gdtr - gdt - 1
	.quad 0
idtr:	.word 4095
	.quad 0
result:	.quad 0, 0
canary:	.quad 0
	.bss
	.balign 4096
new_pd:	.skip 4096
idt:	.skip 4096
tss:	.skip 104
caught_count: .long 0
	.balign 16
	.skip 4096
stack_top:
