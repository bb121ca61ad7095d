/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * Descriptors that user mode may use: conforming code of privilege 0, of the global
 * table, by iretq, which user mode runs at its own privilege; data of a number past 31,
 * which a machine may refuse (docs/limits.md), but may not lose. SDM volume 3, 5.8.1.
 */
#include "guest.inc"
#include "high.inc"
#include "users.inc"
	.set CONFORMING, 0x8b
#define CONFORMING_DESCRIPTOR 0x00af9e000000ffff
	.set FAR_DATA, 0x143		/* number 40 */
#define DATA_DESCRIPTOR 0x00cff3000000ffff

	.globl start
start:
	go_high
	make_user program, program_end
	gate 6, undefined
	gate 13, protection
	movq $CONFORMING_DESCRIPTOR, %rax
	movq %rax, gdt+(CONFORMING&~7)(%rip)
	leads ring_at, CONFORMING, 'U', 1, ring_end_at
	cmpl $CONFORMING, %ebx
	expect e, 2
	leads hlt_at, CONFORMING, 'P', 3, hlt_at
	print "guest: conforming code\n"

	leaq gdt(%rip), %rsi
	leaq longer(%rip), %rdi
	movl $32, %ecx
	rep movsq
	movq $DATA_DESCRIPTOR, %rax
	movq %rax, longer+(FAR_DATA&~7)(%rip)
	movw $64*8-1, gdtr(%rip)
	leaq longer(%rip), %rax
	movq %rax, gdtr+2(%rip)
	lgdt gdtr(%rip)
	leaq 1f(%rip), %rax
	movq %rax, user_resume(%rip)
	movl $FAR_DATA, %eax
	movl %eax, %ds
	leads ds_at, USER_CS, 'U', 4, ds_end_at
	cmpl $FAR_DATA, %ebx
	expect e, 5
	finish 0x10
1:	cmpl $FAR_DATA&~3, %esi
	expect e, 6
	print "a number past 31 is refused\n"
	finish 0x10

	entered undefined, 'U'
protection:
	popq %rsi
	movq (%rsp), %rdi
	movb $'P', %al
	jmp user_entered

program:
	.set ring_at, . - program
	.byte 0x8c, 0xcb		/* mov %cs, %ebx */
	.set ring_end_at, . - program
	ud2
	.set hlt_at, . - program
	.byte 0xf4
	ud2
	.set ds_at, . - program
	.byte 0x8c, 0xdb		/* mov %ds, %ebx */
	.set ds_end_at, . - program
	ud2
program_end:

	.bss
	.balign 4096
longer:	.skip 4096
	.skip 4096
stack_top:
