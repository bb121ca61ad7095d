/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/* Code of 16, 32 and 64 bits in one object: each says that it runs. */
	.macro say digits
	mov $0x3f8, %dx
	.irpc d, \digits
	mov $0x30 + \d, %al
	out %al, %dx
	.endr
	mov $10, %al
	out %al, %dx
	.endm

	.text
	.globl kernel_main
kernel_main:
	say 64
	mov %cr3, %rax
	mov %rax, %cr3
	pushq $0x18
	pushq $thirty_two
	lretq
high:	say 0
	pushfq
	pop %rax
	jmp *%rbx

	.section .boot, "ax"
	.code32
thirty_two:
	say 32
	mov %cr0, %eax
	ljmp $0x20, $sixteen
	.code16
sixteen:
	say 16
	mov %cr0, %eax
	smsw %ax
	ljmpl $8, $sixty_four
	.code64
sixty_four:
	pop %rbx			/* kernel_main's return address */
	mov $high, %rax
	jmp *%rax
	.section .note.GNU-stack, "", @progbits
