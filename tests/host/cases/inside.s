# SPDX-License-Identifier: BSD-2-Clause
# Copyright The previrt authors
# A branch, a symbol and the jump behind a pair's first half lead into sites.
#! check 0
#! verify 1 PV206:f+0x3 PV206:b+0x7 PV207:label+0x0
	.include "note.inc"
	.text
	.type f,@function
f:	.byte 0x2e,0x2e,0x2e,0x2e,0x2e,0x2e,0x2e,0xfa
b:	.byte 0x2e,0x2e,0x2e,0x2e,0x2e,0x2e,0xfb,0xf4
	.byte 0xeb, f+3-.-1
	.byte 0xeb, b+7-.-1
c:	wrmsr
	nopw (%rax)
label:	nop
	ret
	note_begin
	entry f CLI 8
	entry b STI_HLT 8 0 FUSED
	entry c WRMSR 2 5
	note_end
