/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * Notes of ours in memory behind a page that becomes executable. In data that can be
 * written to, and one that names the kernel's own code, they are nobody's word: what
 * they name stays as it is. A module's own, in its constants, counts (on the bare
 * machine no note does).
 */
#include "guest.inc"
#include "high.inc"
#define MODULES (HIGH + (1 << 30))
#define NOTE_HEAD 24
#define BIAS 0x40000000
#define CODE 0x163			/* global, dirty, accessed, writable, present */
#define WRITABLE 0x163
#define CONSTANT 0x161
	.globl start

/* A page of code as number @page of the area and, behind it, the note as data with
   @flags; it names one site, at rcx. */
.macro appear page, flags
	movq $MODULES+((\page)+1)*0x1000+NOTE_HEAD, %rax
	subq %rax, %rcx
	addq $BIAS, %rcx
	movl %ecx, data+NOTE_HEAD(%rip)
	entry l1, \page, text, CODE
	entry l1, (\page)+1, data, \flags
	btsq $63, l1+8*((\page)+1)(%rip)
	movq $MODULES+(\page)*0x1000, %rdx
	invlpg (%rdx)
	movq (%rdx), %rax
.endm

start:
	go_high
	port_write 0xff, 0x21
	port_write 0xff, 0xa1
	gate 14, fault
	leaq forged(%rip), %rsi
	leaq data(%rip), %rdi
	movl $forged_end-forged, %ecx
	rep movsb
	leaq victim(%rip), %rsi
	leaq text(%rip), %rdi
	movl $16, %ecx
	rep movsb
	movl $0xc0000080, %ecx
	rdmsr
	orl $0x800, %eax		/* NXE */
	wrmsr
	entry l2, 0, l1
	entry high_pdpt, 511, l2
	movq victim(%rip), %rbx

	movq $MODULES+1, %rcx		/* writable data, of a page of code */
	appear 0, WRITABLE
	cmpq %rbx, text(%rip)
	jne changed
	leaq victim+1(%rip), %rcx	/* constants, of the kernel's code */
	appear 16, CONSTANT
	cmpq %rbx, victim(%rip)
	jne changed
	cmpq %rbx, text(%rip)
	jne changed
	print "guest: the kernel's code is as it was\n"
	movq $MODULES+32*0x1000+1, %rcx	/* a module */
	appear 32, CONSTANT
	cmpq %rbx, text(%rip)
	je 1f
	print "guest: a module's table counts\n"
1:	finish 0x10
changed:
	print "guest: THE KERNEL'S CODE HAS BEEN CHANGED\n"
	finish 0x11
fault:	print "guest: fault\n"
	finish 3

	.balign 16
victim:	movl $0xfa, %eax		/* an immediate, and what a padded cli may be */
	nop
	nop
	nop
	nop
	nop
	ret
	.balign 16
forged:	.long 8, 4+8, 1
	.asciz "previrt"
	.byte 1, 1, 8, 0
	.long 0
	.byte 1, 1, 7, 0		/* cli, 1 byte and 7 */
	.balign 4
forged_end:
	.bss
	.balign 4096
l2: .skip 4096
l1: .skip 4096
text: .skip 4096
data: .skip 4096
	.skip 4096
stack_top:
