/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * Bits of CR0, CR4 and EFER: each does what the manual says, or reads as what it is
 * (docs/limits.md). TSD keeps rdtsc from user mode; TS stays set over the exception
 * that it makes, until clts. SDM volume 3, 2.5; 13.4.1.
 */
#include "guest.inc"
#include "high.inc"
#include "users.inc"
#define TSD 4
#define TS 8
#define AM 0x40000
#define OSXMMEXCPT 0x400
#define VME 1
#define MSR_EFER 0xc0000080
#define EFER_NX 0x800
#define CR0_WISHES 0x10032		/* WP, NE, ET, MP; not EM */
#define OSFXSR 0x200

	.globl start
.macro cr4_set bits
	movq %cr4, %rax
	orq $\bits, %rax
	movq %rax, %cr4
.endm
.macro cr4_clear bits
	movq %cr4, %rax
	andq $~\bits, %rax
	movq %rax, %cr4
.endm
.macro cr0_set bits
	movq %cr0, %rax
	orq $\bits, %rax
	movq %rax, %cr0
.endm
/* The kernel's \insn: \faults, or not. */
.macro kernel_does faults, number, insn:vararg
	movb $0, faulted(%rip)
	leaq 9f(%rip), %rax
	movq %rax, user_resume(%rip)
	\insn
9:	cmpb $\faults, faulted(%rip)
	expect e, \number
.endm

start:
	go_high
	make_user program, program_end
	gate 6, undefined
	gate 7, device
	gate 13, protection
	gate 17, alignment
	gate 19, simd
	.rept 2
	leads rdtsc_at, USER_CS, 'U', 1, rdtsc_at+2
	cr4_set TSD
	leads rdtsc_at, USER_CS, 'P', 2, rdtsc_at
	cmpl $0, error(%rip)
	expect e, 3
	leads rdtsc_at, USER_CS, 'P', 4, rdtsc_at
	kernel_does 0, 5, rdtsc
	cr4_clear TSD
	.endr
	print "guest: TSD as in CR4\n"

	cr0_set TS
	.rept 2
	leads fnop_at, USER_CS, 'D', 6, fnop_at
	movq %cr0, %rax
	testb $TS, %al
	expect nz, 7
	kernel_does 1, 8, fnop
	kernel_does 1, 9, fnop
	.endr
	clts
	kernel_does 0, 10, fnop
	leads fnop_at, USER_CS, 'U', 11, fnop_at+2
	print "guest: TS until clts\n"

	/* Neither comes under QEMU's emulation: user mode gets to its end then. */
	leads align_at, USER_CS, 'U', 12, align_end_at
	cr0_set AM
	visit align_at
	cmpq $USER_CODE+align_end_at, %rdi
	je 1f
	cmpb $'A', %al
	expect e, 13
1:	cr4_set OSFXSR
	visit divide_at
	cmpq $USER_CODE+divide_end_at, %rdi
	je 1f
	cmpb $'U', %al
	expect e, 14
	cmpq $USER_CODE+divide_there_at, %rdi
	expect e, 15
	cr4_set OSXMMEXCPT
	leads divide_at, USER_CS, 'X', 16, divide_there_at
1:	print "guest: AM and OSXMMEXCPT\n"

	/* What a machine may keep as it is. */
	movq %cr0, %rbx
	movq %rbx, %rax
	andl $~CR0_WISHES, %eax
	orb $4, %al
	movq %rax, %cr0
	movq %cr0, %rax
	movq %rbx, %cr0
	andl $CR0_WISHES|4, %eax
	cmpl $CR0_WISHES, %eax
	jne 1f
	print "CR0: MP, ET, NE, WP held, no EM\n"
1:	cr4_clear OSFXSR
	movq %cr4, %rbx
	cr4_set OSFXSR
	testl $OSFXSR, %ebx
	jz 1f
	print "CR4: OSFXSR held\n"
1:	movl $MSR_EFER, %ecx
	rdmsr
	andl $~EFER_NX, %eax
	wrmsr
	rdmsr
	testl $EFER_NX, %eax
	jz 1f
	print "EFER: NXE held\n"
1:	movb $0, faulted(%rip)
	movq %cr4, %rbx
	movq %rbx, %rax
	orl $VME, %eax
	leaq 1f(%rip), %rcx
	movq %rcx, user_resume(%rip)
	movq %rax, %cr4
1:	movq %rbx, %cr4
	cmpb $0, faulted(%rip)
	je 1f
	print "CR4: what is not there is refused\n"
1:	finish 0x10

	entered undefined, 'U'
protection:
	popq error(%rip)
	movb $1, faulted(%rip)
	movq (%rsp), %rdi
	movb $'P', %al
	jmp user_entered
alignment:
	popq error(%rip)
	movq (%rsp), %rdi
	movb $'A', %al
	jmp user_entered
	entered simd, 'X'
device:	movb $1, faulted(%rip)
	movq (%rsp), %rdi
	movb $'D', %al
	jmp user_entered

program:
	.set rdtsc_at, . - program
	.byte 0x0f, 0x31
	ud2
	.set fnop_at, . - program
	fnop
	ud2
	.set align_at, . - program
	.byte 0x9c			/* pushf and popf, no sites */
	orl $0x40000, (%rsp)
	.byte 0x9d
	.byte 0x8b, 0x04, 0x25		/* movl 0x1001, %eax */
	.long USER_CODE+1
	.set align_end_at, . - program
	ud2
	.set divide_at, . - program
	ldmxcsr 1f(%rip)
	xorps %xmm0, %xmm0
	movss 2f(%rip), %xmm1
	.set divide_there_at, . - program
	divss %xmm0, %xmm1
	.set divide_end_at, . - program
	ud2
1:	.long 0x1d80			/* division by zero is not masked */
2:	.float 1
program_end:

	.bss
	.balign 8
error:	.skip 8
faulted: .skip 1
	.balign 4096
	.skip 4096
stack_top:
