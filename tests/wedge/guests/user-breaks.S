/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * User mode jumps into the code that a machine may have beside it, at some bytes of a
 * page: that is a fault of the program's, and of nobody else's.
 */
#include "guest.inc"
#include "high.inc"
#include "users.inc"
#define BESIDE 0x7fff00000000
	.globl start
start:
	go_high
	make_user program, program_end
	gate 1, fault
	gate 6, fault
	gate 13, protection
	gate 14, protection
	gate 16, fault
	gate 19, fault
	gate 0x80, software, 0xee00
	xorl %r12d, %r12d
1:	movl %r12d, user_code+jump_at+2(%rip)
	movq %r12, kept(%rip)
	visit jump_at
	movq kept(%rip), %r12
	cmpb $'F', %al
	expect e, 1
	visit good_at
	cmpb $'I', %al
	expect e, 2
	movq kept(%rip), %r12
	addl $23, %r12d
	cmpl $300, %r12d
	jb 1b
	print "guest: user mode goes on\n"
	finish 0x10

	entered fault, 'F'
	entered protection, 'F', 8(%rsp)
	entered software, 'I'

program:
	.set jump_at, . - program
	movabsq $BESIDE, %rax
	jmp *%rax
	.set good_at, . - program
	.byte 0xcd, 0x80
program_end:

	.bss
	.balign 8
kept:	.skip 8
	.balign 4096
	.skip 4096
stack_top:
