/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/* Intel syntax, with its data behind the code that reads it, in .text. */
	.intel_syntax noprefix
	.text
	.globl kernel_main
	.type kernel_main, @function
kernel_main:
	cli
	lea rsi, [rip + text]
	mov dx, 0x3f8
1:	lodsb
	test al, al
	jz 2f
	out dx, al
	jmp 1b
2:	mov rax, cr3
	mov cr3, rax
	mov eax, ds
	mov ds, eax
	lea rbx, [rip + table]
	movzx eax, byte ptr [rbx + 2]
	add al, '0' - 0xf4 + 4		/* hlt's byte makes a 4 */
	out dx, al
	mov al, 10
	out dx, al
	sidt [rsp - 16]
	ret
	.size kernel_main, . - kernel_main
	.type text, @object
text:	.asciz "data in .text: "
	.size text, . - text
	.type table, @object
table:	.byte 0xfa, 0xfb, 0xf4, 0x0f, 0x32
	.size table, . - table
	.section .note.GNU-stack, "", @progbits
