/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * Physical addresses with neither memory nor a device: reads are ones, writes are
 * lost, and the machine goes on. (QEMU's bare machine reads zeroes at some of them.)
 * One past the last that the processor has is reserved in the tables: SDM volume 3, 4.7.
 */
#include "guest.inc"
#include "high.inc"
#define WINDOW (HIGH + (1 << 30))
#define RESERVED 0xb			/* present, written, a reserved bit */
#define WIDTH_MOST 52
	.globl start

start:
	go_high
	port_write 0xff, 0x21
	port_write 0xff, 0xa1
	gate 14, fault
	entry l2, 0, l1
	entry high_pdpt, 511, l2
	movq $WINDOW, %rdi
	.irp address, 0x80000000, 0xd0000000, 0xfec80000
	movl $\address, %ebp
	call each
	.endr
	movl $0x80000008, %eax
	cpuid
	leal -1(%rax), %ecx
	movl $1, %ebp
	shlq %cl, %rbp			/* the upper half of all there are */
	movb %al, width(%rip)
	call each
	print "guest: nobody answers\n"
	cmpb $WIDTH_MOST, width(%rip)
	je 1f
	shlq $1, %rbp
	call map
	movb $1, reserved(%rip)
	movb $0, (%rdi)
	finish 10
1:	print "reserved where the address ends\n"
	finish 0x10

/* The window shows address rbp. */
map:	leaq 0x63(%rbp), %rax
	movq %rax, l1(%rip)
	invlpg (%rdi)
	ret
each:	call map
	movq $0x1234, (%rdi)
	movb $7, 3(%rdi)
	movq (%rdi), %rax
	cmpq $-1, %rax
	expect e, 1
	movl 8(%rdi), %eax
	cmpl $-1, %eax
	expect e, 2
	movzwl 0xffe(%rdi), %eax
	cmpl $0xffff, %eax
	expect e, 3
	movsbl 0xfff(%rdi), %eax
	cmpl $-1, %eax
	expect e, 4
	lock incl (%rdi)
	movl $3, %eax
	xaddl %eax, 4(%rdi)
	cmpl $-1, %eax
	expect e, 5
	pushq (%rdi)
	popq %rax
	incq %rax
	expect z, 6
	movl $7, %eax
	cmpxchgq %rbx, (%rdi)
	expect nz, 7
	incq %rax
	expect z, 8
	xorps %xmm7, %xmm7
	movups %xmm7, 8(%rdi)
	movups 8(%rdi), %xmm7
	movmskps %xmm7, %eax
	cmpl $15, %eax
	expect e, 9
	ret
fault:	cmpb $1, reserved(%rip)
	jne 2f
	cmpl $RESERVED, (%rsp)
	expect e, 11
	movq %cr2, %rax
	cmpq %rdi, %rax
	expect e, 12
	leaq stack_top(%rip), %rsp
	jmp 1b
2:	print "guest: fault\n"
	finish 5

	.bss
	.balign 4096
l2: .skip 4096
l1: .skip 4096
width: .byte 0
reserved: .byte 0
	.balign 4096
	.skip 4096
stack_top:
