/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/* User mode does not end. */
#include "guest.inc"
#include "high.inc"
#include "users.inc"
	.globl start
start:
	go_high
	make_user program, program_end
	print "guest: begin\n"
	visit 0

program:
	.byte 0xeb, 0xfe		/* jmp here */
program_end:

	.bss
	.balign 4096
	.skip 4096
stack_top:
