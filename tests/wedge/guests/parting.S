/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * Two roots as page-table isolation has them, which count as one until they differ.
 * They come to differ while the kernel deals with a page fault of user mode: from the
 * return on, user mode is on the second root alone, in whose lower half the kernel
 * has used a page of its own before. User mode must not see that page. EFER.SCE is set:
 * without it each return to user mode goes the slow path (wedge/run.c), which looks by itself.
 */
#include "guest.inc"
#include "high.inc"
#include "roots.inc"
#define SECRET (2*PLACE)
#define NEW (3*PLACE)
#define MSR_EFER 0xc0000080
#define EFER_SCE 1
	.globl start

start:
	go_high
	port_write 0xff, 0x21
	port_write 0xff, 0xa1
	gate 14, fault
	movl $MSR_EFER, %ecx
	rdmsr
	orl $EFER_SCE, %eax
	wrmsr
	movq $HIGH, %rbx
	movq %cr3, %rax
	addq %rax, %rbx
	entry l3, 0, l2
	entry l2, 0, l1
	entry l1, 0, code
	entry secret_l3, 0, secret_l2
	entry secret_l2, 0, secret_l1
	entry secret_l1, 0, secret, 0x63	/* the kernel's */
	leaq user_code(%rip), %rsi
	leaq code(%rip), %rdi
	movl $(user_end-user_code), %ecx
	rep movsb
	copy_root fuller
	copy_root lesser
	entry fuller, 1, l3
	entry lesser, 1, l3
	entry fuller, 2, secret_l3
	entry lesser, 2, secret_l3
	entry fuller, SLOT(300), l3
	load fuller
	movabsq $PLACE, %rdx
	visit_user %rdx
	/* The second root for itself, coming from a third one: user mode runs there,
	   and then the kernel uses its page. */
	movq $HIGH, %rcx
	subq %rcx, %rbx
	movq %rbx, %cr3
	load lesser
	movabsq $PLACE, %rdx
	visit_user %rdx
	movabsq $SECRET, %rdi
	movq (%rdi), %rax
	load fuller
	load lesser			/* the two are one */
	print "guest: begin\n"
	movabsq $PLACE+user_reads-user_code, %rdx
	visit_user %rdx
	cmpl $2, faults(%rip)
	expect e, 4
	print "guest: user mode has not seen the secret\n"
	finish 0x10

/* The first one maps the page where user mode goes, in the second root alone; the
   second is passed over. */
fault:	testb $3, 16(%rsp)
	expect nz, 3
	addq $8, %rsp
	incl faults(%rip)
	cmpl $1, faults(%rip)
	jne 1f
	pushq %rax
	entry lesser, 3, l3
	popq %rax
	iretq
1:	addq $3, (%rsp)
	iretq

user_code:
	int $0x80
user_reads:
	movabsq $NEW, %rdi
	movabsq $SECRET, %rsi
	movq (%rdi), %rax
	movq (%rsi), %rax		/* 3 bytes */
	int $0x80
user_end:

	.bss
	.balign 8192
fuller:	.skip 4096
lesser:	.skip 4096
l3:	.skip 4096
l2:	.skip 4096
l1:	.skip 4096
code:	.skip 4096
secret_l3: .skip 4096
secret_l2: .skip 4096
secret_l1: .skip 4096
secret:	.skip 4096
	.balign 8
faults:	.long 0
	.skip 8192
stack_top:
