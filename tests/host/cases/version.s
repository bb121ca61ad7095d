# SPDX-License-Identifier: BSD-2-Clause
# Copyright The previrt authors
# A table of a version to come.
#! check 2 PV302:
#! verify 2 PV302:
	.include "note.inc"
	.text
	.type f,@function
f:	cli
	note_begin version=2
	entry f CLI 1
	note_end
