/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * User mode has a page where no memory is, as of /dev/mem: moves, vectors among them,
 * strings and operations there read ones, in 64-bit code and in 32-bit; an instruction that a wedge does not
 * carry out ends that program, not the machine.
 */
#include "guest.inc"
#include "high.inc"
#include "users.inc"
#define HOLE 0xd0000000
#define HOLE_AT ((USER_FIRST + 4) << 12)

	.globl start
start:
	go_high
	make_user program, program_end
	gate 6, undefined
	gate 13, protection
	gate 14, page
	gate 0x80, back, 0xee00
	movq $HOLE+0x67, %rax
	movq %rax, user_l1+8*(HOLE_AT>>12)(%rip)
	movl $HOLE_AT, %edi
	invlpg (%rdi)
	leads load_at, USER_CS, '.', 1
	cmpq $-1, %rsi
	expect e, 2
	leads refused_at, USER_CS, 'P', 3, refused_at
	leads load_at, USER_CS, '.', 4
	leads string_at, USER_CS, '.', 5
	cmpl $-1, %esi
	expect e, 6
	cmpl $-1, user_stack+0xff0(%rip)
	expect e, 7
	cmpl $0xff, user_stack+0xff4(%rip)
	expect e, 8
	cmpq $-1, user_stack+0xfe8(%rip)
	expect e, 9
	leads or_at, USER_CS32, '.', 10
	print "guest: a program has ended\n"
	finish 0x10

	entered back, '.'
	entered undefined, 'U'
	entered protection, 'P', 8(%rsp)
	entered page, 'F', 8(%rsp)

program:
	.set load_at, . - program
	movq HOLE_AT+8, %rsi
	.byte 0xcd, 0x80
	.set refused_at, . - program
	mull HOLE_AT
	.byte 0xcd, 0x80
	.set string_at, . - program
	movl $HOLE_AT, %esi
	leaq -16(%rsp), %rdi
	movl $5, %ecx
	rep movsb
	movups HOLE_AT, %xmm7
	movups %xmm7, HOLE_AT+16
	movups %xmm7, -32(%rsp)
	movl $-8, %esi
	lock xaddl %esi, HOLE_AT
	.byte 0xcd, 0x80
	.code32				/* by an address that is another in 64-bit code */
	.set or_at, . - program
	movl $USER_SS, %eax
	.byte 0x8e, 0xd8		/* movl %eax, %ds */
	orl $1, HOLE_AT
	.byte 0xcd, 0x80
	.code64
program_end:

	.bss
	.balign 4096
	.skip 4096
stack_top:
