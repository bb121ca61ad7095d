# SPDX-License-Identifier: BSD-2-Clause
# Copyright The previrt authors
# What the kernel patches: an alternative that ends inside a site, one that
# holds a whole one, a jump label, a static call, ftrace, an exception.
#! check 0
#! verify 1 PV211:f+0x0 PV212:c+0x0 PV212:d+0x0 PV212:e+0x0 PV213:g+0x0
	.include "note.inc"
	.macro wrmsr7
	.byte 0x2e,0x2e,0x2e,0x2e,0x2e
	wrmsr
	.endm
	.text
	.type f,@function
f:	wrmsr7
b:	wrmsr7
c:	wrmsr7
d:	wrmsr7
e:	wrmsr7
g:	wrmsr7
	ret
	.section .altinstr_replacement,"ax"
r:	wrmsr7
	.section .altinstructions,"a"
	.long f-., r-.
	.word 0
	.byte 3, 0
	.long b-., r-.
	.word 0
	.byte 7, 7
	.section __jump_table,"aw"
	.long c+5-., f-.
	.quad 0
	.section .static_call_sites,"aw"
	.long d+1-., 0
	.section __mcount_loc,"a"
	.quad e+1
	.section __ex_table,"a"
	.long g+5-., f-., 0
	.long b-., f-., 0
	note_begin
	entry f WRMSR 7
	entry b WRMSR 7
	entry c WRMSR 7
	entry d WRMSR 7
	entry e WRMSR 7
	entry g WRMSR 7
	entry r WRMSR 7
	note_end
