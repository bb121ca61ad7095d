/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * What a kernel finds of firmware and of devices that are not there: the BIOS data
 * area, and ports, which read as ones and swallow writes.
 */
#include "guest.inc"
	.globl start
start:
	leaq stack_top(%rip), %rsp
	cmpw $0x3f8, 0x400		/* COM1 */
	expect e, 1
	movzwl 0x40e, %eax		/* the extended area's segment */
	cmpl $0x9fc0, %eax
	expect e, 2
	shll $4, %eax
	cmpb $1, (%rax)			/* KiB of it */
	expect e, 3
	cmpw $639, 0x413		/* KiB of memory */
	expect e, 4
	testw $0x200, 0x410		/* a serial port */
	expect nz, 5
	print "guest: what firmware leaves\n"
	/* A parallel port, COM3, high ones. */
	.irp port, 0x278, 0x3e8, 0xd000, 0xfff0
	movl $\port, %edx
	movb $0x55, %al
	outb %al, %dx
	xorl %eax, %eax
	inb %dx, %al
	cmpl $0xff, %eax
	expect e, 6
	outw %ax, %dx
	xorl %eax, %eax
	inw %dx, %ax
	cmpl $0xffff, %eax
	expect e, 7
	outl %eax, %dx
	xorl %eax, %eax
	inl %dx, %eax
	cmpl $-1, %eax
	expect e, 8
	.endr
	leaq bytes(%rip), %rdi
	movl $4, %ecx
	movl $0x278, %edx
	rep insb
	cmpl $-1, bytes(%rip)
	expect e, 9
	print "guest: ports of nobody\n"
	finish 0x10
	.bss
bytes:	.skip 4
	.balign 16
	.skip 4096
stack_top:
