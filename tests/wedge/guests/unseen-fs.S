/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * The kernel loads fs by an instruction that is not in its table, and goes on with sites.
 * A wedge whose sites go by fs (docs/process.md) stops.
 */
#include "guest.inc"
#include "high.inc"
	.globl start
start:
	go_high
	print "guest: begin\n"
	movl $USER_SS, %eax
	.byte 0x8e, 0xe0		/* mov %eax, %fs */
	cli
	print "guest: goes on\n"
	finish 0x10

	.bss
	.balign 16
	.skip 4096
stack_top:
