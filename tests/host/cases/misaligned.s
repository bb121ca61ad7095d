# SPDX-License-Identifier: BSD-2-Clause
# Copyright The previrt authors
# A prefix stands in front of the site; another site was shifted.
#! check 1 PV101:f+0x0 PV101:f+0x2
#! verify 1 PV209:f+0x1 PV203:f+0x3
	.include "note.inc"
	.text
	.type f,@function
f:	rep insb
	cli
	nop
	ret
	note_begin
	entry f+1 INS 1
	entry f+3 CLI 1
	note_end
