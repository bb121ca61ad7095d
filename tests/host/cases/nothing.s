# SPDX-License-Identifier: BSD-2-Clause
# Copyright The previrt authors
# No sensitive instruction, no table: fine.
#! check 0
#! verify 0
	.text
	.type f,@function
f:	mov $0x30,%ecx
	ret
