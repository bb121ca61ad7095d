# SPDX-License-Identifier: BSD-2-Clause
# Copyright The previrt authors
# One instruction has no entry, one entry is for another instruction.
#! check 1 PV101:g+0x1 PV103:f+0x0
#! verify 1 PV203:f+0x0
	.include "note.inc"
	.text
	.type f,@function
f:	cli
	ret
	.section .init.text,"ax"
	.type g,@function
g:	nop
	rdtsc
	ret
	note_begin
	entry f STI 1
	note_end
