/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * User mode runs on with segment registers whose descriptors the kernel has taken
 * away from both tables: a processor keeps what it has loaded (SDM volume 3, 3.4.3).
 * With two processors on one of the host's, a hypervisor loads them anew under way.
 */
#include "guest.inc"
#include "high.inc"
#include "users.inc"
#include "second.inc"
#define DATA 0x00cff3000000ffff
#define IN_LDT 7
#define IN_GDT 0x63
#define LDT_SELECTOR 0x50
#define SPINS 100000000

	.globl start
start:
	leaq stack_top(%rip), %rsp
	wake_second
	go_high
	make_user program, program_end
	gate 13, protection
	gate 14, page
	gate 0x80, back, 0xee00
	movq $0x1234, user_stack(%rip)
	/* Of the global table: based at the page of user mode's stack. */
	movq $DATA|(USER_STACK-4096)<<16, %rax
	movq %rax, gdt+(IN_GDT&~7)(%rip)
	movq $DATA, %rax
	movq %rax, ldt(%rip)
	leaq ldt(%rip), %rax
	movw $7, gdt+LDT_SELECTOR(%rip)
	movw %ax, gdt+LDT_SELECTOR+2(%rip)
	shrq $16, %rax
	movb %al, gdt+LDT_SELECTOR+4(%rip)
	movb $0x82, gdt+LDT_SELECTOR+5(%rip)
	movb %ah, gdt+LDT_SELECTOR+7(%rip)
	shrq $16, %rax
	movl %eax, gdt+LDT_SELECTOR+8(%rip)
	movl $LDT_SELECTOR, %eax
	lldt %ax

	leads load_at, USER_CS, '.', 1
	movq $0, gdt+(IN_GDT&~7)(%rip)
	movq $0, ldt(%rip)
	movl $LDT_SELECTOR, %eax
	lldt %ax
	leads spin_at, USER_CS, '.', 2
	cmpq $0x1234, %rsi
	expect e, 3
	cmpq $0x1234, %rbx
	expect e, 4
	movw %ds, %ax
	cmpw $IN_LDT, %ax
	expect e, 5
	movw %fs, %ax
	cmpw $IN_GDT, %ax
	expect e, 6
	print "guest: user mode has run with stale selectors\n"
	/* No local table at all; loaded anew they are refused. */
	xorl %eax, %eax
	lldt %ax
	leads load_at, USER_CS, 'P', 7
	leads spin_at, USER_CS, '.', 8
	finish 0x10

	entered back, '.'
	entered protection, 'P'
	entered page, 'F'

program:
	.set load_at, . - program
	movl $IN_GDT, %eax
	.byte 0x8e, 0xe0		/* mov %eax, %fs */
	.byte 0x8e, 0xe8		/* gs */
	movl $IN_LDT, %eax
	.byte 0x8e, 0xd8		/* ds */
	.byte 0x8e, 0xc0		/* es */
	.byte 0xcd, 0x80
	.set spin_at, . - program
	movl $SPINS, %ecx
1:	decl %ecx
	jnz 1b
	movq %fs:0, %rsi
	movq %gs:0, %rbx
	.byte 0xcd, 0x80
program_end:

	.bss
	.balign 16
ldt:	.skip 8
	.balign 4096
	.skip 4096
stack_top:
