# SPDX-License-Identifier: BSD-2-Clause
# Copyright The previrt authors
# Pads that are no NOPs, sites that are too short or too long, lengths.
#! check 0
#! verify 1 PV205:f+0x2 PV214:b+0x0 PV204:c+0x0 PV214:c+0x0
	.include "note.inc"
	.text
	.type f,@function
f:	wrmsr
	.byte 0xc3,0x90,0x90,0x90,0x90
b:	wrmsr
c:	.byte 0x2e,0x2e
	wrmsr
	ret
	note_begin
	entry f WRMSR 2 5
	entry b WRMSR 2
	entry c WRMSR 3
	note_end
