/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * The kernel makes system calls that nobody recorded: a machine has none for it before
 * it has set EFER.SCE (SDM volume 2, SYSCALL), and an INT goes through its own table.
 */
#include "guest.inc"
#include "high.inc"
#define GETPID 39
#define GETPID32 20
	.globl start
start:
	go_high
	gate 6, undefined
	gate 13, undefined
	gate 0x80, software
	print "guest: begin\n"
	movl $GETPID, %eax
	leaq 1f(%rip), %rbx
	.byte 0x0f, 0x05
	finish 0x11
1:	movl $GETPID32, %eax
	leaq 1f(%rip), %rbx
	.byte 0xcd, 0x80
	finish 0x12
1:	print "guest: no call of the host's\n"
	finish 0x10

undefined:
software:
	leaq stack_top(%rip), %rsp
	jmp *%rbx

	.bss
	.balign 16
	.skip 4096
stack_top:
