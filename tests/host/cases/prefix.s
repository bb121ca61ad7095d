# SPDX-License-Identifier: BSD-2-Clause
# Copyright The previrt authors
# The instruction is recorded, but not where it begins: a NOP stands in its site
# where the table has prefixes.
#! check 1 PV103:f+0x7
#! verify 1 PV203:f+0x0
	.include "note.inc"
	.text
	.type f,@function
f:	.nops 7
	cli
	ret
	note_begin
	entry f CLI 8
	note_end
