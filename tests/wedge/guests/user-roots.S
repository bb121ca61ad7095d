/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * Two roots that the kernel writes to again and again, each before user mode goes on
 * there, while others come and go. The two are in use: each keeps what the machine below
 * has for it (tests/process/machine counts that), and user mode sees its own page.
 */
#include "guest.inc"
#include "high.inc"
#include "roots.inc"
#define OWN (PLACE+0x1000)
#define ROUNDS 100
	.globl start

/* The page at OWN is \own. */
.macro space root, l3, l2, l1, own
	copy_root \root
	entry \root, 1, \l3
	entry \l3, 0, \l2
	entry \l2, 0, \l1
	entry \l1, 0, code
	entry \l1, 1, \own
.endm
/* An entry that leads to nothing new is written, and user mode adds 1 to its page. */
.macro round root, l3
	entry \root, SLOT(300), \l3
	movq $0, \root+8*SLOT(300)(%rip)
	load \root
	movabsq $PLACE, %rdx
	visit_user %rdx
.endm
start:
	go_high
	port_write 0xff, 0x21
	port_write 0xff, 0xa1
	movq $HIGH, %rbx
	movq %cr3, %rax
	addq %rax, %rbx
	leaq user_code(%rip), %rsi
	leaq code(%rip), %rdi
	movl $(user_end-user_code), %ecx
	rep movsb
	space one, one_l3, one_l2, one_l1, one_page
	entry short_l3, 0, short_l2
	entry short_l2, 0, short_l1
	entry short_l1, 0, code
	entry short_l1, 1, short_page
	space other, other_l3, other_l2, other_l1, other_page
	movl $ROUNDS, rounds(%rip)
1:	round one, one_l3
	round other, other_l3
	round other, other_l3
	call short_lived
	decl rounds(%rip)
	jnz 1b
	cmpl $ROUNDS, one_page(%rip)
	expect e, 3
	cmpl $2*ROUNDS, other_page(%rip)
	expect e, 4
	cmpl $ROUNDS, short_page(%rip)
	expect e, 5
	print "guest: each root its own page\n"
	finish 0x10

/* A root of the next page of eight, made anew. */
short_lived:
	movl rounds(%rip), %eax
	andl $7, %eax
	shll $12, %eax
	leaq short(%rip), %rdi
	addq %rax, %rdi
	movq %rdi, %rdx
	movq %rbx, %rsi
	movl $512, %ecx
	rep movsq
	physical short_l3, 0x67
	movq %rax, 8(%rdx)
	movq $HIGH, %rcx
	subq %rcx, %rdx
	movq %rdx, %cr3
	popq %rbp
	movabsq $PLACE, %rdx
	visit_user %rdx
	jmp *%rbp

user_code:
	movabsq $OWN, %rdi
	incl (%rdi)
	int $0x80
user_end:

	.bss
	.balign 4096
.irp name, one, one_l3, one_l2, one_l1, one_page, other, other_l3, other_l2, other_l1, other_page, code, \
	short_l3, short_l2, short_l1, short_page
\name:	.skip 4096
.endr
short:	.skip 8*4096
rounds:	.long 0
	.skip 8192
stack_top:
