/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * A return to user mode that the kernel's tables allow and the hypervisor refuses: its
 * code segment stands far behind in the global table (docs/limits.md). What ends is
 * that program, by #GP.
 */
#include "guest.inc"
#include "high.inc"
#include "users.inc"
#define FAR_CS 64*8+3

	.globl start
start:
	go_high
	make_user program, program_end
	gate 13, protection
	gate 0x80, back, 0xee00
	leaq gdt(%rip), %rsi
	leaq far_gdt(%rip), %rdi
	movl $gdtr-gdt, %ecx
	rep movsb
	movq gdt+(USER_CS&~7)(%rip), %rax
	movq %rax, far_gdt+(FAR_CS&~7)(%rip)
	leaq far_gdt(%rip), %rax
	movq %rax, gdtr+2(%rip)
	movw $far_end-far_gdt-1, gdtr(%rip)
	lgdt gdtr(%rip)
	leads 0, USER_CS, '.', 1
	visit 0, FAR_CS
	cmpb $'.', %al
	jne 1f
	print "guest: user mode has run\n"
	finish 0x10
1:	cmpb $'P', %al
	expect e, 2
	print "guest: refused\n"
	leads 0, USER_CS, '.', 3
	finish 0x10

	entered back, '.'
	entered protection, 'P', 8(%rsp)

program:
	.byte 0xcd, 0x80
program_end:

	.bss
	.balign 4096
far_gdt: .skip 65*8
far_end:
	.balign 4096
	.skip 4096
stack_top:
