# SPDX-License-Identifier: BSD-2-Clause
# Copyright The previrt authors
# Data among code: the decoder goes on behind it.
#! check 1 PV101:g+0x0 PV102:undecodable.o
#! verify 0
	.text
	.type f,@function
f:	.byte 0x06,0x0e,0x16,0x1e
	.type g,@function
g:	cli
	ret
