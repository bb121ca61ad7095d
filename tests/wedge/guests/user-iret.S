/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * IRET of user mode to user mode, which needs no privilege (SDM volume 2, IRET). QEMU
 * 7.2 reads its frame with the kernel's rights, and so faults where SMAP is on, as Xen
 * has it: the kernel finds nothing to mend. It must not see that fault for ever.
 */
#include "guest.inc"
#include "high.inc"
#include "users.inc"

	.globl start
start:
	go_high
	make_user program, program_end
	gate 6, undefined
	gate 13, protection
	gate 14, page_fault
	visit 0
	cmpb $'U', %al
	je 1f
	cmpb $'P', %al
	expect e, 1
	cmpl $1, faults(%rip)
	expect e, 2
	cmpq $USER_CODE + iret_at, %rdi
	expect e, 3
1:	print "guest: user mode has come to an end\n"
	finish 0x10

	entered undefined, 'U'
	entered protection, 'P', 8(%rsp)
page_fault:
	incl faults(%rip)
	addq $8, %rsp
	iretq

program:
	movl $USER_STACK - 64, %esp
	movq $USER_SS, -8(%rsp)
	movl $USER_STACK - 128, %eax
	movq %rax, -16(%rsp)
	movq $0x202, -24(%rsp)
	movq $USER_CS, -32(%rsp)
	movq $USER_CODE + 1f - program, -40(%rsp)
	subq $40, %rsp
	.set iret_at, . - program
	.byte 0x48, 0xcf		/* no site: user mode has these bytes */
1:	ud2
program_end:

	.bss
	.balign 4096
	.skip 4096
stack_top:
faults:	.long 0
