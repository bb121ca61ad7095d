# SPDX-License-Identifier: BSD-2-Clause
# Copyright The previrt authors
# Distances in bytes over pads: into a site, across one into an instruction, and
# those that are right: to a site's start, to an instruction, to data.
#! check 0
#! verify 1 PV206:t+0x1 PV219:f+0x0 PV219:t+0x8 PV219:g+0x0 PV219:counts+0x0 PV219:h+0x1
	.include "note.inc"
	.macro cli8
	.byte 0x2e,0x2e,0x2e,0x2e,0x2e,0x2e,0x2e
	cli
	.endm
	.text
	.type f,@function
f:	lea 1(%rip),%rax	# behind a bare cli
s:	cli8
	jmp .+3			# over a bare cli
t:	cli8
	lea 10(%rip),%rcx
u:	cli8
	mov $1,%eax
	ret
	.type g,@function
g:	jmp .+12		# into the mov
v:	cli8
	mov $1,%eax
	lea v(%rip),%rdx
	lea table(%rip),%rdx
	lea g(%rip),%rdx
	ret
table:	.quad 0
	.type h,@function
h:	mov $v+12,%eax		# into the mov behind v
	mov $v+8,%eax
	ret
	.data
counts:	.quad s+2, s, s+8
	note_begin
	entry s CLI 8
	entry t CLI 8
	entry u CLI 8
	entry v CLI 8
	note_end
