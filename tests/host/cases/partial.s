# SPDX-License-Identifier: BSD-2-Clause
# Copyright The previrt authors
# The last entry is cut off.
#! check 2 PV301:
#! verify 2 PV301:
	.include "note.inc"
	.text
	.type f,@function
f:	cli
	note_begin
	entry f CLI 1
	.long 0
	note_end
