# SPDX-License-Identifier: BSD-2-Clause
# Copyright The previrt authors
# Entries with fields of a later version behind those that are known.
#! check 0
#! verify 0
	.include "note.inc"
	.text
	.type f,@function
f:	cli
	rdtsc
	note_begin size=12
	entry f CLI 1
	.long 0x12345678
	entry f+1 RDTSC 2
	.long 0
	note_end
