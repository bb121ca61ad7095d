# SPDX-License-Identifier: BSD-2-Clause
# Copyright The previrt authors
# Nothing wrong: prefixes, NOPs behind and in front, a pair, data in text.
#! check 0
#! verify 0
#! verify-padded 0
	.include "note.inc"
	.text
	.type f,@function
f:	.byte 0x2e,0x2e,0x2e,0x2e,0x2e,0x2e,0x2e
	cli
b:	.byte 0x2e,0x2e,0x2e,0x2e,0x2e,0x2e
	sti
	hlt
c:	lgdt (%rdi)
	.nops 4
d:	.nops 5
	wrmsr
	jmp d
	.size f,.-f
	.type data,@object
data:	.byte 0xfa,0xfb,0xf4,0x0f
	.size data,.-data
	.type g,@function
g:	ret
	note_begin
	entry f CLI 8
	entry b STI_HLT 8 0 FUSED
	entry c LGDT 3 4
	entry d WRMSR 2 5 PAD_BEFORE
	note_end
