# SPDX-License-Identifier: BSD-2-Clause
# Copyright The previrt authors
# A table that only records: sound, unless pads are asked for.
#! check 0
#! verify 0
#! verify-padded 1 PV214:f+0x0 PV214:b+0x0
	.include "note.inc"
	.text
	.type f,@function
f:	cli
b:	wrmsr
	ret
	.size f,.-f
	note_begin
	entry f CLI 1
	entry b WRMSR 2
	note_end
