/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * Stub of a study: a device that fails now and then. Of the bytes that are read from
 * previrt_faults_port, each one whose number has no bit of previrt_faults_mask set (the
 * first, and with 3 each fourth from there) reads as FFh, as if nothing answered. With
 * the mask at -1, as it is at first, none does but the first; the port FFFFh is none.
 */
#include "flags.inc"

	.text
	.globl "previrt_stub_in.inb.%dx,%al"
	.type "previrt_stub_in.inb.%dx,%al", @function
"previrt_stub_in.inb.%dx,%al":
	inb %dx, %al
	previrt_save
	cmpw %dx, previrt_faults_port(%rip)
	jne 1f
	mov $1, %eax
	lock xadd %eax, previrt_faults_reads(%rip)
	test %eax, previrt_faults_mask(%rip)
	jnz 1f
	movb $0xff, 8(%rsp)		/* the caller's al */
1:	previrt_restore
	RET
	.size "previrt_stub_in.inb.%dx,%al", . - "previrt_stub_in.inb.%dx,%al"

	.data
	.balign 4
	.globl previrt_faults_port, previrt_faults_mask, previrt_faults_reads
	.type previrt_faults_port, @object
	.type previrt_faults_mask, @object
	.type previrt_faults_reads, @object
previrt_faults_port:
	.long 0xffff
	.size previrt_faults_port, . - previrt_faults_port
previrt_faults_mask:
	.long -1
	.size previrt_faults_mask, . - previrt_faults_mask
previrt_faults_reads:
	.long 0
	.size previrt_faults_reads, . - previrt_faults_reads
	.section .note.GNU-stack, "", @progbits
