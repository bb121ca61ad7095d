/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/* Does not end. */
#include "guest.inc"
	.globl start
start:
	leaq stack_top(%rip), %rsp
	print "guest: begin\n"
1:	jmp 1b
	.bss
	.balign 16
	.skip 4096
stack_top:
