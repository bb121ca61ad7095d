# SPDX-License-Identifier: BSD-2-Clause
# Copyright The previrt authors
# An lfence behind what reads memory, as gas -mlfence-after-load=yes puts it: it is
# the site's; another instruction there is not.
#! check 0
#! verify 1 PV204:h+0x0
	.include "note.inc"
	.text
	.type f,@function
f:	.byte 0x2e,0x2e,0x2e,0x2e,0x2e,0x2e,0x2e
	popf
	lfence
	.type g,@function
g:	pushf
	.byte 0x2e,0x2e,0x2e,0x2e,0x2e,0x2e
	pop %rax
	lfence
	.type h,@function
h:	.byte 0x2e,0x2e,0x2e,0x2e,0x2e,0x2e,0x2e
	popf
	mfence
	ret
	note_begin
	entry f POPF 11
	entry g PUSHF_POP 11 0 FUSED
	entry h POPF 11
	note_end
