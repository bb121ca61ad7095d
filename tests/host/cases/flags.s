# SPDX-License-Identifier: BSD-2-Clause
# Copyright The previrt authors
# Unknown instruction numbers, flags that do not fit, a call that is none,
# sites outside the code and on top of each other.
#! check 1 PV103:f+0x0
#! verify 1 PV216:f+0x0 PV217:b+0x0 PV217:c+0x0 PV215:d+0x0 PV202:d+0x4 PV201:data+0x0 PV203:d+0x4 PV209:d+0x4
	.include "note.inc"
	.text
	.type f,@function
f:	cli
b:	cli
c:	cli
d:	.nops 5
e:	ret
	.data
data:	sti
code:	cli
	note_begin
	entry f 255 1
	entry b CLI 1 0 0x80
	entry c CLI 1 0 PAD_BEFORE
	entry d CLI 5 0 CALL
	entry d+4 CLI 1
	entry data CLI 1
	entry code CLI 1	/* check names what nothing leads to */
	note_end
