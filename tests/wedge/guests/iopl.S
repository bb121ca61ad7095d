/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * User mode with the I/O privilege level 3: cli, sti, in and out are carried out, its
 * interrupt flag is the machine's, and what it is interrupted with says so; with level
 * 0 they fault, and an interrupt flag that the kernel has cleared stays clear. By
 * iretq and sysretq, over exceptions, system calls and an interrupt that waits.
 * SDM volume 1, 18.5.1; volume 3, 6.8.1.
 */
#include "guest.inc"
#include "high.inc"
#include "users.inc"
#define MSR_EFER 0xc0000080
#define MSR_STAR 0xc0000081
#define MSR_LSTAR 0xc0000082
#define MSR_SFMASK 0xc0000084
#define ALL_FLAGS 0x77fd5
#define ASKED 0x3200			/* IOPL, IF */
	.set COUNTS, 0x2000		/* of the 8254: some 7 ms */

/* User mode with \flags at \offset comes to \word, at \at, with \then of IOPL and IF. */
.macro goes offset, flags, word, at, then, number
	movl $\flags, user_flags(%rip)
	leaq 9f(%rip), %rax
	movq %rax, user_resume(%rip)
	movl $USER_CODE+\offset, %ecx
	call *way(%rip)
9:	cmpb $\word, %al
	expect e, \number
	cmpq $USER_CODE+\at, %rdi
	expect e, \number+1
	andl $ASKED, %esi
	cmpl $\then, %esi
	expect e, \number+2
.endm
.macro write msr, low, high
	movl $\msr, %ecx
	movl \low, %eax
	movl \high, %edx
	wrmsr
.endm

	.globl start
start:
	go_high
	make_user program, program_end
	movw $104, tss+102(%rip)	/* no bitmap */
	gate 6, undefined
	gate 13, protection
	gate 14, page_fault
	gate 0x20, tick
	leaq system_call(%rip), %rbx
	movq %rbx, %rcx
	shrq $32, %rcx
	movl %ecx, %edi
	write MSR_LSTAR, %ebx, %edi
	write MSR_STAR, $0, $KERNEL_CS|(USER_CS-16)<<16
	write MSR_SFMASK, $ALL_FLAGS, $0
	movl $MSR_EFER, %ecx
	rdmsr
	orl $1, %eax
	wrmsr

	leaq by_iret(%rip), %rax
	movq %rax, way(%rip)
1:	goes cli_at, 0x202, 'P', cli_at, 0x200, 10
	goes cli_at, 0x3202, 'U', cli_at+1, 0x3000, 15
	goes cli_at, 0x202, 'P', cli_at, 0x200, 20
	goes both_at, 0x3202, 'U', both_at+2, 0x3200, 25
	goes in_at, 0x202, 'P', in_at, 0x200, 30
	goes in_at, 0x3202, 'U', in_at+2, 0x3200, 35
	goes in_at, 0x1202, 'P', in_at, 0x1200, 40
	goes out_at, 0x3202, 'U', out_at+6, 0x3200, 45
	goes system_call_at, 0x3202, 'S', system_call_at+2, 0x3200, 50
	goes system_call_at, 0x202, 'S', system_call_at+2, 0x200, 55
	goes system_call_at, 0x202, 'S', system_call_at+2, 0x200, 60
	goes load_at, 0x3202, 'F', load_at, 0x3200, 65
	goes load_at, 0x202, 'F', load_at, 0x200, 70
	goes hlt_at, 0x3202, 'P', hlt_at, 0x3200, 75
	leaq by_sysret(%rip), %rax
	cmpq %rax, way(%rip)
	movq %rax, way(%rip)
	jne 1b
	print "guest: levels 0 and 3\n"

	/* ICW1 to ICW4; one period passes with interrupts off. */
	port_write 0x11, 0x20
	port_write 0x20, 0x21
	port_write 4, 0x21
	port_write 1, 0x21
	port_write 0xfe, 0x21
	call timer
	goes wait_at, 0x3002, 'U', wait_end_at, 0x3000, 80
	goes nothing_at, 0x3202, 'T', nothing_at, 0x3200, 85
	call timer
	goes wait_at, 0x2, 'U', wait_end_at, 0, 90
	goes nothing_at, 0x202, 'T', nothing_at, 0x200, 95
	call timer
	goes wait_sti_at, 0x3002, 'T', wait_sti_end_at, 0x3200, 100
	print "guest: interrupts wait for user mode's flag\n"
	finish 0x10

/* Channel 0 once, mode 0. */
timer:	port_write 0x30, 0x43
	port_write COUNTS&0xff, 0x40
	port_write COUNTS>>8, 0x40
	ret

by_iret:
	pushq $USER_SS
	pushq $USER_STACK
	pushq user_flags(%rip)
	pushq $USER_CS
	pushq %rcx
	iretq
by_sysret:
	movq user_flags(%rip), %r11
	sysretq

	.macro came name, word, at, flags
\name:	movq \at, %rdi
	movq \flags, %rsi
	movb $\word, %al
	jmp user_entered
	.endm
	came undefined, 'U', (%rsp), 16(%rsp)
	came protection, 'P', 8(%rsp), 24(%rsp)
	came page_fault, 'F', 8(%rsp), 24(%rsp)
	came system_call, 'S', %rcx, %r11
tick:	movb $0x20, %al
	outb %al, $0x20
	movq (%rsp), %rdi
	movq 16(%rsp), %rsi
	movb $'T', %al
	jmp user_entered

program:
	.set both_at, . - program
	.byte 0xfa			/* cli and sti that are no sites */
	.byte 0xfb
	ud2
	.set cli_at, . - program
	.byte 0xfa
	ud2
	.set in_at, . - program
	.byte 0xe4, 0x61
	ud2
	.set out_at, . - program
	movl $0x80, %edx
	.byte 0xee
	ud2
	.set system_call_at, . - program
	.byte 0x0f, 0x05
	ud2
	.set load_at, . - program
	.byte 0x8a, 0x04, 0x25, 0, 0, 0, 0x40	/* movb 0x40000000, %al */
	ud2
	.set hlt_at, . - program
	.byte 0xf4
	ud2
	.set wait_at, . - program
	movl $30000000, %ecx
1:	decl %ecx
	jnz 1b
	.set wait_end_at, . - program
	ud2
	.set wait_sti_at, . - program
	movl $30000000, %ecx
1:	decl %ecx
	jnz 1b
	.byte 0xfb
	.set wait_sti_end_at, . - program
1:	jmp 1b
	.set nothing_at, . - program
1:	jmp 1b
program_end:

	.bss
	.balign 8
way:	.skip 8
user_flags: .skip 8
	.balign 4096
	.skip 4096
stack_top:
