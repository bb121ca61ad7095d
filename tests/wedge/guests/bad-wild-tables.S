/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/* Misbehaves. Page tables that lead nowhere: the next fetch of code fails. */
#include "guest.inc"
	.globl start
start:
	leaq stack_top(%rip), %rsp
	print "guest: begin\n"
	movabsq $0x00ffffff000, %rax
	.globl here
here:	movq %rax, %cr3
	nop
	finish 0x10
	.data

	.bss
	.balign 16
	.skip 4096
stack_top:
