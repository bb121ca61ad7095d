/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/* Misbehaves. Halts with interrupts off: it would never go on. */
#include "guest.inc"
	.globl start
start:
	leaq stack_top(%rip), %rsp
	print "guest: begin\n"
	cli
	hlt
	finish 0x10
	.data

	.bss
	.balign 16
	.skip 4096
stack_top:
