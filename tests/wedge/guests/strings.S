/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * rep insb and rep outsb: a single step is one element, of the kernel's sites as of
 * user mode's; interrupts come between elements, however many there are, and the
 * instruction goes on behind them. SDM volume 2, REP; volume 3, 6.6.
 */
#include "guest.inc"
#include "high.inc"
#include "users.inc"
#define PORT 0x80			/* nobody minds */
#define ELEMENTS 5
	.set COUNTS, 0x1000		/* of the 8254: some 3 ms */
	.set MANY, 0x200000

.macro made_ready count, address
	movl $\count, %ecx
	movl $PORT, %edx
	movl $\address, %esi
	movl $\address, %edi
.endm
/* Behind the steps of a rep with ELEMENTS: one step for each, or one more (QEMU, when
   it counts instructions, steps over the end as well). */
.macro stepped number
	movl steps(%rip), %eax
	subl $ELEMENTS, %eax
	cmpl $1, %eax
	expect be, \number
	testl %ecx, %ecx
	expect z, \number+1
.endm

	.globl start
start:
	go_high
	make_user program, program_end
	gate 1, step
	gate 6, undefined
	gate 0x20, tick

	/* User mode's ports: those of a bitmap that forbids none. */
	.irp at, ins_at, outs_at
	movl $0, steps(%rip)
	made_ready ELEMENTS, USER_CODE+0x800
	leaq 1f(%rip), %rax
	movq %rax, user_resume(%rip)
	pushq $USER_SS
	pushq $USER_STACK
	pushq $0x302
	pushq $USER_CS
	pushq $USER_CODE+\at
	iretq
1:	decl steps(%rip)		/* the nop */
	stepped 1
	.endr
	print "guest: steps of user mode\n"

	.irp insn, insb, outsb
	movl $0, steps(%rip)
	made_ready ELEMENTS, 0
	leaq buffer(%rip), %rdi
	movq %rdi, %rsi
	pushq $0x102
	popfq
	rep \insn
	pushq $0x2
	popfq
	/* pushq and popfq are two steps, or one. */
	decl steps(%rip)
	cmpl $ELEMENTS+2, steps(%rip)
	jb 1f
	decl steps(%rip)
1:	stepped 3
	.endr
	print "guest: steps of the kernel\n"

	port_write 0x11, 0x20
	port_write 0x20, 0x21
	port_write 4, 0x21
	port_write 1, 0x21
	port_write 0xfe, 0x21
	movq $0x20000e7, %rax		/* a large page */
	movq %rax, user_l2+8(%rip)
	movq %cr3, %rax
	movq %rax, %cr3
	call timer
	made_ready MANY, MANY
	visit many_at
	cmpb $'T', %al
	expect e, 5
	cmpq $USER_CODE+many_at, %rdi
	expect e, 6
	leal MANY(%rcx), %eax
	addl %esi, %eax
	cmpl $3*MANY, %eax		/* what is done has moved both */
	expect e, 7
	cmpl $3, %ecx
	expect a, 8
	movl $3, %ecx
	visit many_at
	cmpb $'U', %al
	expect e, 9
	testl %ecx, %ecx
	expect z, 10
	print "guest: interrupts of user mode between elements\n"

	movl $8, %ebp			/* it may come too early on a host that is busy */
3:	call timer
	made_ready MANY, 0
	movq $HIGH+0x2000000, %rsi
	leaq 2f(%rip), %rax
	movq %rax, user_resume(%rip)
	sti
	nop
1:	rep outsb
2:	cli
	cmpb $'T', %al
	expect e, 11
	leaq 1b(%rip), %rax
	cmpq %rax, %rdi
	je 4f
	decl %ebp
	jnz 3b
4:	cmpq %rax, %rdi
	expect e, 12
	cmpl $3, %ecx
	expect a, 13
	print "guest: interrupts of the kernel between elements\n"
	finish 0x10

timer:	port_write 0x30, 0x43
	port_write COUNTS&0xff, 0x40
	port_write COUNTS>>8, 0x40
	ret

	entered undefined, 'U'
tick:	movb $0x20, %al
	outb %al, $0x20
	movb $'T', %al
	movq (%rsp), %rdi
	jmp user_entered
step:	incl steps(%rip)
	iretq

program:
	.set ins_at, . - program
	rep
	.byte 0x6c
	nop
	ud2
	.set outs_at, . - program
	.byte 0xf3, 0x6e
	nop
	ud2
	.set many_at, . - program
	.byte 0xf3, 0x6e
	ud2
program_end:

	.bss
	.balign 8
steps:	.skip 8
buffer:	.skip 64
	.balign 4096
	.skip 4096
stack_top:
