/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * The entry for a multiboot loader (QEMU's -kernel), and the way into the kernel in
 * 64-bit mode. Multiboot Specification 0.6.96, 3.1 and 3.2; Intel SDM volume 3, 9.8.5.
 */
#define MAGIC 0x1badb002
#define FLAGS 3			/* modules at page boundaries, a memory map */
#define EFER 0xc0000080
#define EFER_LME 0x100
#define CR4_PAE 0x20
#define CR0_PG 0x80000000

	.section .text.start, "ax", @progbits
	.code32
	.balign 4
	.long MAGIC, FLAGS, -(MAGIC + FLAGS)

	.globl loader_start
loader_start:
	cli
	cld
	movl $stack_top, %esp
	pushl %ebx
	pushl %eax
	call loader_main
1:	hlt
	jmp 1b

/* loader_enter(entry, zero page, level-4 table, stack): 32-bit numbers */
	.globl loader_enter
loader_enter:
	movl 4(%esp), %ebx
	movl 8(%esp), %esi
	movl 12(%esp), %eax
	movl 16(%esp), %esp
	movl %eax, %cr3
	movl %cr4, %eax
	orl $CR4_PAE, %eax
	movl %eax, %cr4
	movl $EFER, %ecx
	rdmsr
	orl $EFER_LME, %eax
	wrmsr
	movl %cr0, %eax
	orl $CR0_PG, %eax
	movl %eax, %cr0
	lgdt gdt_pointer
	ljmp $0x10, $2f
	.code64
2:	movl $0x18, %eax
	movl %eax, %ds
	movl %eax, %es
	movl %eax, %ss
	xorl %eax, %eax
	movl %eax, %fs
	movl %eax, %gs
	movl %ebx, %ebx
	movl %esi, %esi
	jmp *%rbx

	.data
	.balign 8
gdt:	.quad 0, 0, 0x00af9b000000ffff, 0x00cf93000000ffff
gdt_pointer:
	.word gdt_pointer - gdt - 1
	.long gdt

	.bss
	.balign 16
	.skip 8192
stack_top:
	.section .note.GNU-stack, "", @progbits
