# SPDX-License-Identifier: BSD-2-Clause
# Copyright The previrt authors
# Operations on memory and hooks: good ones; and what the kernel patches inside
# of them: an alternative that ends in one, one that holds a whole one, a jump
# label, a lock prefix that it looks for first, ftrace in a hook.
#! check 0
#! verify 1 PV211:f+0x0 PV212:c+0x0 PV213:d+0x0 PV212:k+0x0 PV204:w+0x0 PV205:w+0x2 PV205:p+0x3
	.include "note.inc"
	.macro operation site op width len pad=0
	.long \site - . + 0x40000000
	.byte \op, \width, 1, \len, \pad, 0
	.word 0
	.endm
	.text
	.type f,@function
f:	.byte 0x2e,0x2e,0x2e,0x2e
	mov	%rax,(%rdi)		# 7 bytes
b:	xchg	%rax,(%rdi)
	nopl	(%rax)
	nop
c:	movq	$5,(%rdi)		# 7 bytes
d:	movq	$6,(%rdi)
l:	lock btsq $1,(%rdi)		# 6 bytes
	nop
w:	mov	%rax,(%rsi)
	nopl	(%rax)
	nop
p:	mov	%rax,(%rsi)
	mov	%rax,(%rsi)
	ret
k:	.byte 0x0f,0x1f,0x44,0,0
g:	.byte 0x0f,0x1f,0x44,0,0
	ret
	.section .altinstr_replacement,"ax"
r:	mov	%rax,(%rdi)
	.section .altinstructions,"a"
	.long f-., r-.
	.word 0
	.byte 4, 0
	.long b-., r-.
	.word 0
	.byte 7, 3
	.section __jump_table,"aw"
	.long c+2-., f-.
	.quad 0
	.section .smp_locks,"a"
	.long l-.
	.section __mcount_loc,"a"
	.quad k
	.section __ex_table,"a"
	.long d+2-., f-., 0
	.long b-., f-., 0
	.pushsection .note.previrt,"a",@note
	.balign 4
	.long 8, 2f - 1f, 3
	.asciz "previrt"
1:	.byte 1, 1, 12, 0
	operation f 1 8 7
	operation b 2 8 3 4
	operation c 1 8 7
	operation d 1 8 7
	operation l 4 8 6 1
	operation w 1 8 2 1
	operation p 1 8 3 4
2:	.balign 4
	.long 8, 4f - 3f, 5
	.asciz "previrt"
3:	.byte 1, 1, 8, 0
	.long k - . + 0x40000000
	.byte 1, 0
	.word 0x80
	.long g - . + 0x40000000
	.byte 8, 1
	.word 0
4:	.popsection
