# SPDX-License-Identifier: BSD-2-Clause
# Copyright The previrt authors
# A table of 32-bit code in a 64-bit file.
#! check 0
#! verify 1 PV218:.note.previrt+0x0
	.include "note.inc"
	.text
	.type f,@function
f:	cli
	note_begin arch=2
	entry f CLI 1
	note_end
