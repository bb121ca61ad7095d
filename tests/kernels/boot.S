/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * From a Multiboot loader to kernel_main in 64-bit code: memory below 1 GiB is
 * mapped where it is, and 2 GiB below the end. Multiboot Specification 0.6.96.
 */
	.section .multiboot, "a"
	.balign 4
header:	.long 0x1badb002, 0x10000, -(0x1badb002 + 0x10000)
	.long header, header, 0, 0, start

	.section .boot, "ax"
	.code32
	.globl start
start:	cli
	lgdt gdt_pointer
	mov $0x10, %eax
	mov %eax, %ds
	mov %eax, %ss
	mov %cr4, %eax
	or $0x20, %eax			/* PAE */
	mov %eax, %cr4
	mov $pml4, %eax
	mov %eax, %cr3
	mov $0xc0000080, %ecx		/* EFER */
	rdmsr
	or $0x100, %eax			/* LME */
	wrmsr
	mov %cr0, %eax
	or $0x80000000, %eax		/* PG */
	mov %eax, %cr0
	ljmp $8, $long_mode
	.code64
long_mode:
	mov $stack_end, %esp
	mov $kernel_main, %rax
	call *%rax
	mov $0x10, %eax
	out %eax, $0xf4			/* QEMU's isa-debug-exit: status 33 */
1:	hlt
	jmp 1b

	.section .boot.data, "aw"
	.type gdt, @object
	.balign 8
gdt:	.quad 0, 0x00af9b000000ffff, 0x00cf93000000ffff	/* 64-bit code, data */
	.quad 0x00cf9b000000ffff, 0x008f9b000000ffff	/* 32-bit, 16-bit code */
gdt_end:
	.size gdt, . - gdt
	.type gdt_pointer, @object
gdt_pointer:
	.word gdt_end - gdt - 1
	.long gdt
	.size gdt_pointer, . - gdt_pointer
	.include "tables.inc"
	.fill 4096
stack_end:
	.section .note.GNU-stack, "", @progbits
