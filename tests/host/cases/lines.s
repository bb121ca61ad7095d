# SPDX-License-Identifier: BSD-2-Clause
# Copyright The previrt authors
# Debug information with a row at a site's start (fine) and two inside.
#! check 0
#! verify 1 PV208:f+0x9 PV208:f+0xf
	.file "lines.c"
	.include "note.inc"
	.text
	.file 1 "lines.c"
	.type f,@function
f:	.loc 1 10
	.byte 0x2e,0x2e,0x2e,0x2e,0x2e,0x2e,0x2e
	cli
	.loc 1 11
	.byte 0x2e
	.loc 1 12
	.byte 0x2e,0x2e,0x2e,0x2e,0x2e,0x2e
	cli
	.loc 1 13
	ret
	.section .debug_info,"",@progbits
	.long 2f-1f
1:	.word 4
	.long .Labbrev
	.byte 8
	.uleb128 1
	.long .Lline
2:
	.section .debug_abbrev,"",@progbits
.Labbrev: .uleb128 1
	.uleb128 0x11
	.byte 0
	.uleb128 0x10, 0x17, 0, 0
	.byte 0
	.section .debug_line,"",@progbits
.Lline:
	note_begin
	entry f CLI 8
	entry f+8 CLI 8
	note_end
