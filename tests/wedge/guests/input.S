/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * Starts as a serial driver does, which resets the port and throws away what it
 * finds there, for a while; then enables the interrupt of received data (and polls)
 * and says each byte again, to the first 'e'.
 */
#include "guest.inc"
	.macro to port, value
	movl $\port, %edx
	movb $\value, %al
	outb %al, %dx
	.endm
	.globl start
start:
	leaq stack_top(%rip), %rsp
	print "guest: begin\n"
	movl $300, %ebx
1:	to 0x3f9, 0		/* IER */
	to 0x3fc, 1		/* MCR: DTR */
	to 0x3fa, 7		/* FCR: both FIFOs reset */
	movl $0x3fd, %edx
	inb %dx, %al
	movl $0x3f8, %edx
	inb %dx, %al
	movl $100000, %ecx
2:	pause
	decl %ecx
	jnz 2b
	decl %ebx
	jnz 1b
	to 0x3f9, 1
	to 0x3fa, 1
	to 0x3fc, 0xb		/* DTR, RTS, OUT2 */
3:	movl $0x3fd, %edx
	inb %dx, %al
	testb $1, %al
	jz 3b
	movl $0x3f8, %edx
	inb %dx, %al
	outb %al, %dx
	cmpb $'e', %al
	jne 3b
	print "\n"
	finish 0x10
	.bss
	.balign 16
	.skip 4096
stack_top:
