/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/* Misbehaves. An exception without an IDT. */
#include "guest.inc"
	.globl start
start:
	leaq stack_top(%rip), %rsp
	print "guest: begin\n"
	lidt none(%rip)
	.globl here
here:	ud2
	finish 0x10
	.data
none:	.skip 10
	.bss
	.balign 16
	.skip 4096
stack_top:
