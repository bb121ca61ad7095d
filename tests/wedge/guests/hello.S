/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/* The first thing a guest does: say a word and end. */
#include "guest.inc"
	.globl start
start:
	leaq stack_top(%rip), %rsp
	print "guest: hello\n"
	finish 0x10
	.bss
	.balign 16
	.skip 4096
stack_top:
