/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/* Entered in 64-bit code at a physical address, with all but that 2 GiB below the end. */
	.section .boot, "ax"
	.globl start
start:	cli
	mov $pml4, %eax
	mov %rax, %cr3
	mov $high, %rax
	jmp *%rax

	.text
high:	mov %cr3, %rbx
	mov $0x10, %eax
	out %eax, $0xf4			/* the end of a run: all is well */
1:	hlt
	jmp 1b

	.section .boot.data, "aw"
	.include "tables.inc"
	.section .note.GNU-stack, "", @progbits
