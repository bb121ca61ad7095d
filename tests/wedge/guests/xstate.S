/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * XCR0 takes what CPUID offers and nothing else, whatever the processor below has:
 * extended states that the hypervisor keeps back are not offered, and a value that is
 * not offered is #GP. What CPUID does not offer is undefined. RDTSCP and RDPID give
 * the kernel's TSC_AUX, to user mode, too. SDM volume 1, 13.2 and 13.3; volume 2,
 * XSETBV, RDTSCP, RDPID.
 */
#include "guest.inc"
#include "high.inc"
#include "users.inc"
#define CR4_OSXSAVE 0x40000
#define MSR_TSC_AUX 0xc0000103
#define HAS_RDTSCP 27
#define HAS_RDPID 22
#define HAS_XSAVE 26
#define HAS_OSXSAVE 27
#define HAS_AVX 28
#define HAS_AVX512F 16
#define HAS_XSAVEC 1
#define XCR0_AVX 2
#define OFFERED %r12d
#define OFFERED_HIGH %r13d

/* @code in the kernel; al is the word of the exception it raises, or 'N'. */
.macro raises word, number, code:vararg
	leaq 9f(%rip), %rbx
	movq %rbx, user_resume(%rip)
	\code
	movb $'N', %al
9:	cmpb $\word, %al
	expect e, \number
.endm
.macro set_xcr0 low, high=$0, which=$0
	movl \low, %eax
	movl \high, %edx
	movl \which, %ecx
	xsetbv
.endm
.macro set_tsc_aux value
	movl \value, %eax
	xorl %edx, %edx
	movl $MSR_TSC_AUX, %ecx
	wrmsr
.endm
.macro is_xcr0 low, high, number
	xorl %ecx, %ecx
	xgetbv
	cmpl \low, %eax
	expect e, \number
	cmpl \high, %edx
	expect e, \number
.endm
.macro leaf number, sub=0
	movl $\number, %eax
	movl $\sub, %ecx
	cpuid
.endm

	.globl start
start:
	go_high
	make_user program, program_end
	gate 6, undefined
	gate 13, protection
	leaf 0x80000001
	btl $HAS_RDTSCP, %edx
	jc 1f
	raises 'U', 1, rdtscp
	jmp 2f
1:	raises 'N', 1, set_tsc_aux $0xc0ffee
	rdtscp
	cmpl $0xc0ffee, %ecx
	expect e, 27
	leads rdtscp_at, USER_CS, 'U', 28, read_at
	cmpl $0xc0ffee, %ecx
	expect e, 28
2:	leaf 7
	btl $HAS_RDPID, %ecx
	jnc 1f
	leads rdpid_at, USER_CS, 'U', 29, read_at
	cmpl $0xc0ffee, %ecx
	expect e, 29
1:	print "guest: TSC_AUX as CPUID says\n"

	leaf 1
	btl $HAS_XSAVE, %ecx
	jc 1f
	raises 'U', 30, set_xcr0 $1
	raises 'U', 31, xgetbv
	print "guest: no XSAVE\n"
	finish 0x10
1:	btl $HAS_OSXSAVE, %ecx
	jc 1f				/* held at 1 (docs/limits.md) */
	raises 'U', 3, set_xcr0 $1
1:	movq %cr4, %rax
	orl $CR4_OSXSAVE, %eax
	movq %rax, %cr4
	is_xcr0 $1, $0, 4
	leaf 1
	movl %ecx, %r14d
	btl $HAS_OSXSAVE, %ecx
	expect c, 5

	leaf 0xd
	movl %eax, OFFERED
	movl %edx, OFFERED_HIGH
	andl $3, %eax			/* x87 and SSE are always there */
	cmpl $3, %eax
	expect e, 6
	cmpl $576, %ebx
	expect e, 7
	raises 'N', 8, set_xcr0 OFFERED, OFFERED_HIGH
	is_xcr0 OFFERED, OFFERED_HIGH, 9
	leaf 0xd
	cmpl %ecx, %ebx			/* all of it is enabled */
	expect e, 10
	leaf 0xd, 1
	btl $HAS_XSAVEC, %eax
	jnc 1f
	cmpl $576, %ebx			/* compact: no gaps, but never less */
	expect ae, 24
1:	print "guest: XCR0 takes what is offered\n"

	btl $XCR0_AVX, OFFERED
	jc 1f
	btl $HAS_AVX, %r14d
	expect nc, 11
	raises 'P', 12, set_xcr0 $7
	raises 'U', 13, vzeroupper
	jmp 2f
1:	btl $HAS_AVX, %r14d
	expect c, 14
	raises 'N', 15, vzeroupper
2:	print "guest: AVX as CPUID says\n"

	movl OFFERED, %eax
	andl $0xe0, %eax
	jnz 1f
	print "guest: no AVX-512\n"
	jmp 2f
1:	cmpl $0xe0, %eax		/* three parts, and none without the others */
	expect e, 32
	leaf 7
	btl $HAS_AVX512F, %ebx
	expect c, 33
	raises 'N', 34, vpxord %zmm17, %zmm17, %zmm17
	raises 'P', 35, set_xcr0 $0x27
	raises 'P', 36, set_xcr0 $0xe3
	print "guest: AVX-512 as CPUID says\n"
2:

	raises 'P', 16, set_xcr0 $0
	raises 'P', 17, set_xcr0 $2
	raises 'P', 18, set_xcr0 $5
	raises 'P', 19, set_xcr0 $3, $0x40000000
	raises 'P', 20, set_xcr0 $3, $0, $1
	leads set_from, USER_CS, 'P', 21, set_at
	is_xcr0 OFFERED, OFFERED_HIGH, 22
	leads get_at, USER_CS, 'U', 23, got_at
	print "guest: and nothing else\n"
	finish 0x10

	entered undefined, 'U'
	entered protection, 'P', 8(%rsp)

/* User mode reads XCR0, and may not write it. No sites: user mode has these bytes. */
program:
	.set get_at, . - program
	xorl %ecx, %ecx
	.byte 0x0f, 0x01, 0xd0		/* xgetbv */
	testb $2, %al
	jz 1f
	.set got_at, . - program
	ud2
1:	hlt
	.set rdpid_at, . - program
	.byte 0xf3, 0x0f, 0xc7, 0xf9	/* rdpid %rcx */
	.set read_at, . - program
	ud2
	.set rdtscp_at, . - program
	.byte 0x0f, 0x01, 0xf9
	jmp read_at + program
	.set set_from, . - program
	movl $1, %eax
	xorl %edx, %edx
	xorl %ecx, %ecx
	.set set_at, . - program
	.byte 0x0f, 0x01, 0xd1		/* xsetbv */
	ud2
program_end:

	.bss
	.balign 4096
	.skip 4096
stack_top:
