/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * The roads from user mode into the kernel are open only while the kernel has opened
 * them: SYSCALL of 64-bit and of 32-bit code by EFER.SCE, SYSENTER by its selector,
 * software interrupts by the privilege of their gates. SDM volume 2, SYSCALL,
 * SYSENTER, INT n.
 */
#include "guest.inc"
#include "high.inc"
#include "users.inc"
#define MSR_EFER 0xc0000080
#define MSR_STAR 0xc0000081
#define MSR_LSTAR 0xc0000082
#define MSR_CSTAR 0xc0000083
#define MSR_SFMASK 0xc0000084
#define MSR_SYSENTER_CS 0x174
#define SCE 1
#define ALL_FLAGS 0x77fd5
#define FLAG_ID 0x200000
.macro write msr, low, high=$0
	movl $\msr, %ecx
	movl \low, %eax
	movl \high, %edx
	wrmsr
.endm
.macro write_address msr, to
	leaq \to(%rip), %rax
	movq %rax, %rdx
	shrq $32, %rdx
	movl $\msr, %ecx
	wrmsr
.endm
.macro set_sce to
	movl $MSR_EFER, %ecx
	rdmsr
	andl $~SCE, %eax
	orl $\to, %eax
	wrmsr
.endm

	.globl start
start:
	go_high
	make_user program, program_end
	gate 3, breakpoint
	gate 4, overflow
	gate 6, undefined
	gate 13, protection
	gate 0x80, software
	/* After reset. Address 0 is where LSTAR leads: user mode has nothing there. */
	leads syscall_at, USER_CS, 'U', 1, syscall_at
	leads syscall_at, USER_CS32, 'U', 2, syscall_at
	print "guest: not there after reset\n"
	write_address MSR_LSTAR, system_call
	write_address MSR_CSTAR, system_call_32
	write MSR_STAR, $0, $KERNEL_CS|(USER_CS-16)<<16
	write MSR_SFMASK, $ALL_FLAGS
	leads syscall_at, USER_CS, 'U', 3, syscall_at
	/* Twice, for a wedge has another way the second time; and on and off. */
	.rept 2
	set_sce SCE
	leads syscall_at, USER_CS, 'S', 4
	leads syscall_at, USER_CS, 'S', 5
	leads syscall_at, USER_CS32, 's', 6
	set_sce 0
	leads syscall_at, USER_CS, 'U', 7, syscall_at
	leads syscall_at, USER_CS, 'U', 8, syscall_at
	leads syscall_at, USER_CS32, 'U', 9, syscall_at
	.endr
	print "guest: system calls as EFER says\n"

	/* The kernel gets the flags that SFMASK does not name, r11 all of them. ID, for
	   QEMU takes the arithmetic flags away whatever SFMASK says. */
	set_sce SCE
	write_address MSR_LSTAR, identify
	.rept 2
	leads identify_at, USER_CS, 'I', 19
	leads identify_at, USER_CS, 'I', 20
	write MSR_SFMASK, $ALL_FLAGS|FLAG_ID
	leads identify_at, USER_CS, 'n', 21
	leads identify_at, USER_CS, 'n', 22
	write MSR_SFMASK, $ALL_FLAGS
	.endr
	set_sce 0
	print "guest: flags as SFMASK says\n"

	/* SYSRET is undefined then, too, also right after user mode has run. */
	visit nothing_at
	movl $USER_CODE, %ecx
	movl $0x202, %r11d
	leaq 9f(%rip), %rax
	movq %rax, user_resume(%rip)
	movb $0, %al
	sysretq
9:	cmpb $'U', %al
	expect e, 10

	/* Nobody has set up SYSENTER. */
	leads sysenter_at, USER_CS32, 'P', 11
	print "guest: SYSENTER as its selector says\n"

	/* Gates of the kernel's. */
	leads int80_at, USER_CS, 'P', 13
	leads int3_at, USER_CS, 'P', 14
	leads into_at, USER_CS32, 'P', 15
	gate 3, breakpoint, 0xee00
	gate 4, overflow, 0xee00
	gate 0x80, software, 0xee00
	leads int80_at, USER_CS, 'I', 16, int80_at+2
	leads int3_at, USER_CS, 'B', 17, int3_at+1
	leads into_at, USER_CS32, 'O', 18, into_at+5
	print "guest: software interrupts as their gates say\n"
	finish 0x10

	entered undefined, 'U'
	entered protection, 'P', 8(%rsp)
	entered breakpoint, 'B'
	entered overflow, 'O'
	entered software, 'I'
	entered system_call, 'S', %rcx
	entered system_call_32, 's', %rcx
identify:
	leaq stack_top(%rip), %rsp
	movb $'I', %al
	pushfq
	testl $FLAG_ID, (%rsp)
	jnz 1f
	movb $'n', %al
1:	testl $FLAG_ID, %r11d
	jnz 1f
	movb $'!', %al
1:	movq %rcx, %rdi
	jmp user_entered

program:
	.set syscall_at, . - program
	.byte 0x0f, 0x05
	ud2
	.set identify_at, . - program
	.byte 0x9c			/* pushfq; not a site of the kernel's */
	orl $FLAG_ID, (%rsp)
	.byte 0x9d, 0x0f, 0x05		/* popfq; syscall */
	.set sysenter_at, . - program
	.byte 0x0f, 0x34
	ud2
	.set int80_at, . - program
	.byte 0xcd, 0x80
	ud2
	.set int3_at, . - program
	.byte 0xcc
	ud2
	.set into_at, . - program	/* 32-bit code: overflow is set first */
	.byte 0xb0, 0x7f, 0x04, 0x01	/* mov $0x7f, %al; add $1, %al */
	.byte 0xce
	ud2
	.set nothing_at, . - program
	ud2
program_end:

	.bss
	.balign 4096
	.skip 4096
stack_top:
