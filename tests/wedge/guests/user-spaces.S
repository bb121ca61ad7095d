/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * User mode in a dozen address spaces in turn: each reads its own page, and has written
 * to it before.
 */
#include "guest.inc"
#include "high.inc"
#include "users.inc"
#define SPACES 12
#define DATA_AT ((USER_FIRST + 4) << 12)
#define ROUNDS 5
/* Pages of a space, behind each other: */
#define ROOT 0
#define L3 0x1000
#define L2 0x2000
#define L1 0x3000
#define DATA 0x4000
#define SIZE 0x5000
	.globl start

/* Entry \index of the page at \table leads to that at \to, of the space at rdi. */
.macro within table, index, to
	leaq \to+0x67(%rdi), %rax
	movq $HIGH, %rcx
	subq %rcx, %rax
	movq %rax, \table+8*(\index)(%rdi)
.endm

start:
	go_high
	make_user program, program_end
	gate 6, undefined
	/* Each has the kernel's half, and user mode's code and stack, of the first root. */
	leaq spaces(%rip), %rdi
	movl $SPACES, %ebp
1:	movq $HIGH, %rsi
	movq %cr3, %rax
	addq %rax, %rsi
	movq %rdi, %rbx
	movl $512, %ecx
	rep movsq
	movq %rbx, %rdi
	within ROOT, 0, L3
	within L3, 0, L2
	within L2, 0, L1
	within L1, USER_FIRST+4, DATA
	movq user_l1+8*(USER_FIRST+1)(%rip), %rax
	movq %rax, L1+8*(USER_FIRST+1)(%rdi)
	movq user_l1+8*(USER_FIRST+2)(%rip), %rax
	movq %rax, L1+8*(USER_FIRST+2)(%rdi)
	movl %ebp, DATA(%rdi)
	addq $SIZE, %rdi
	decl %ebp
	jnz 1b

	movl $ROUNDS, rounds(%rip)
2:	movl $SPACES, left(%rip)
	leaq spaces(%rip), %rax
	movq %rax, now(%rip)
3:	movq now(%rip), %rax
	movq $HIGH, %rcx
	subq %rcx, %rax
	movq %rax, %cr3
	visit 0
	cmpb $'U', %al
	expect e, 1
	movl left(%rip), %eax
	cmpl %eax, %esi
	expect e, 2
	movl rounds(%rip), %edx		/* what it has added */
	subl $ROUNDS, %edx
	addl %ebx, %edx
	cmpl $1, %edx
	expect e, 3
	addq $SIZE, now(%rip)
	decl left(%rip)
	jnz 3b
	decl rounds(%rip)
	jnz 2b
	print "guest: a dozen of their own\n"
	finish 0x10

	entered undefined, 'U'

program:
	movl DATA_AT, %esi
	incl DATA_AT+8
	movl DATA_AT+8, %ebx
	ud2
program_end:

	.bss
	.balign 8
now:	.skip 8
left:	.skip 4
rounds:	.skip 4
	.balign 4096
spaces:	.skip SPACES*SIZE
	.skip 4096
stack_top:
