/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * A page of user mode's in the upper half. The bare machine lets user mode read it.
 * On Xen user mode has nothing there and takes a page fault with the error code of a
 * protection violation; the machine goes on either way.
 */
#include "guest.inc"
#include "high.inc"
	.globl start
#define PLACE 0x8000000000
#define UP (SLOT_VA(400) + 0x8000)
start:
	go_high
	port_write 0xff, 0x21
	port_write 0xff, 0xa1
	gate 14, fault
	gate 0x80, back, 0xee00
	movq %cr3, %rbx
	physical l3, 0x67
	movq %rax, 8(%rbx)
	movq %rax, 8*SLOT(400)(%rbx)
	entry l3, 0, l2
	entry l2, 0, l1
	entry l1, 0, code
	entry l1, 8, page, 0x65
	movq %rbx, %cr3
	movq $0x1234, page(%rip)
	leaq user_code(%rip), %rsi
	leaq code(%rip), %rdi
	movl $(user_end-user_code), %ecx
	rep movsb
	print "guest: into user mode\n"
	pushq $USER_SS
	pushq $0x7777
	pushq $0x202
	pushq $USER_CS
	movq $PLACE, %rax
	pushq %rax
	xorl %esi, %esi
	iretq
user_code:
	movq $UP, %rdi
	movq (%rdi), %rsi
	int $0x80
user_end:
fault:
	cmpl $5, (%rsp)			/* present, user mode */
	jne 1f
	movq %cr2, %rdx
	movq $UP, %rcx
	cmpq %rcx, %rdx
	jne 1f
	testb $3, 16(%rsp)
	jz 1f
	print "guest: user mode has taken a page fault\n"
	finish 0x10
1:	print "guest: fault\n"
	finish 3
back:	print "guest: user mode has read its page\n"
	finish 0x10
	.bss
	.balign 4096
l3: .skip 4096
l2: .skip 4096
l1: .skip 4096
code: .skip 4096
page: .skip 4096
	.skip 4096
stack_top:
