/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/* Ends with a status that is not good. */
#include "guest.inc"
	.globl start
start:
	leaq stack_top(%rip), %rsp
	print "guest: begin\n"
	finish 7
	.bss
	.balign 16
	.skip 4096
stack_top:
