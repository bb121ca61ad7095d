/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/* Wants more memory than it is given. */
#include "guest.inc"
	.globl start
start:
	leaq stack_top(%rip), %rsp
	print "guest: big\n"
	finish 0x10
	.bss
	.balign 16
	.skip 64 << 20
stack_top:
