# SPDX-License-Identifier: BSD-2-Clause
# Copyright The previrt authors
# 32-bit code: what is sensitive only there, NOPs made of lea, and a prefix
# that is redundant for one base register and not for another.
#! as --32
#! check 1 PV101:f+0x8 PV101:f+0x9 PV101:f+0xb
#! verify 1 PV210:g+0x0
	.include "note.inc"
	.text
	.type f,@function
f:	.byte 0x3e,0x3e,0x3e,0x3e,0x3e,0x3e,0x3e
	cli
	push %cs
	arpl %ax,%bx
	into
	inc %eax
	.type g,@function
g:	.byte 0x3e,0x3e
	lgdt (%ebp)
	.nops 3
	ss lgdt (%eax)		# the source's own
	.nops 3
h:	.byte 0x3e
	lgdt (%eax)
	.byte 0x8d,0x76,0x00
	ret
	note_begin arch=2
	entry f CLI 8
	entry g LGDT 6 3
	entry g+9 LGDT 4 3
	entry h LGDT 4 3
	note_end
