/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/* The instructions that operations.c runs: each with its operand at rdi (and rsi), and
   a way to run it here. */
	.macro try text:vararg
	.pushsection .text
8:	\text
9:	jmp run_back
	.popsection
	.pushsection .rodata
7:	.asciz "\text"
	.popsection
	.section .data.rel.ro.tries, "aw"
	.quad 8b, 9b - 8b, 7b
	.endm

	.globl tries, tries_end
	.section .data.rel.ro.tries, "aw"
	.balign 8
tries:
	.irp op, add, or, adc, sbb, and, sub, xor, cmp, test, mov
	try \op\()b %dl, (%rdi)
	try \op\()b %dh, 1(%rdi)
	try \op\()b %r9b, (%rdi)
	try \op\()w %dx, (%rdi)
	try \op\()l %edx, 3(%rdi)
	try \op\()q %rdx, (%rdi)
	try \op\()q %r9, (%rdi)
	try \op\()b $0x85, (%rdi)
	try \op\()w $0x8123, (%rdi)
	try \op\()l $0x81234567, (%rdi)
	try \op\()q $-0x1234567, (%rdi)
	.endr
	.irp op, add, or, adc, sbb, and, sub, xor, cmp, mov
	try \op\()b (%rdi), %dl
	try \op\()b (%rdi), %ah
	try \op\()w (%rdi), %dx
	try \op\()l (%rdi), %edx
	try \op\()q (%rdi), %rdx
	try \op\()l (%rdi), %r9d
	.endr
	.irp op, add, or, adc, sbb, and, sub, xor, cmp
	try \op\()w $-5, (%rdi)
	try \op\()l $-5, (%rdi)
	.ifnc \op, cmp
	try lock \op\()q $5, (%rdi)
	.endif
	.endr
	.irp op, not, neg, inc, dec
	try \op\()b (%rdi)
	try \op\()w (%rdi)
	try \op\()l (%rdi)
	try lock \op\()q (%rdi)
	.endr
	.irp op, rol, ror, rcl, rcr, shl, shr, sar
	.irp size, b, w, l, q
	try \op\size (%rdi)
	try \op\size $3, (%rdi)
	try \op\size $17, (%rdi)
	try \op\size %cl, (%rdi)
	.endr
	.endr
	try .byte 0xc1, 0x37, 0x07	/* sal, as /6 */
	.irp op, xchg, xadd, cmpxchg
	try \op\()b %dl, (%rdi)
	try \op\()b %dh, (%rdi)
	try \op\()w %dx, (%rdi)
	try \op\()l %edx, (%rdi)
	try \op\()q %rdx, (%rdi)
	try \op\()l %r9d, (%rdi)
	.endr
	try lock cmpxchg8b (%rdi)
	try lock cmpxchg16b (%rdi)
	.irp op, bt, bts, btr, btc
	.irp size, w, l, q
	try \op\size $13, (%rdi)
	try \op\size $0xf3, (%rdi)
	.endr
	try \op\()w %bx, (%rdi)
	try \op\()l %ebx, (%rdi)
	try \op\()q %rbx, (%rdi)
	.endr
	.irp op, shld, shrd
	try \op\()w $5, %dx, (%rdi)
	try \op\()l $5, %edx, (%rdi)
	try \op\()q $5, %rdx, (%rdi)
	try \op\()w %cl, %dx, (%rdi)
	try \op\()l %cl, %edx, (%rdi)
	try \op\()q %cl, %rdx, (%rdi)
	.endr
	try imulw (%rdi), %dx
	try imull (%rdi), %edx
	try imulq (%rdi), %rdx
	try imulw $0x1234, (%rdi), %dx
	try imull $-7, (%rdi), %edx
	try imulq $0x12345678, (%rdi), %rdx
	try movzbw (%rdi), %dx
	try movzbq (%rdi), %rdx
	try movsbw (%rdi), %dx
	try movsbl (%rdi), %edx
	try movsbq (%rdi), %r9
	.irp c, o, no, b, ae, e, ne, be, a, s, ns, p, np, l, ge, le, g
	try set\c 1(%rdi)
	try cmov\c (%rdi), %edx
	.endr
	try cmovcw (%rdi), %dx
	try cmovncq (%rdi), %r9
	try movzwl (%rdi), %edx
	try movswq (%rdi), %rdx
	try movslq (%rdi), %rdx
	try movnti %edx, (%rdi)
	try pushq (%rdi)
	try pushw (%rdi)
	try popq (%rdi)
	try popw 2(%rdi)
	try movl %edx, (%edi)
	try addl %edx, (%rdi,%rbx,2)
	.irp op, movups, movupd, movdqu
	try \op (%rdi), %xmm3
	try \op %xmm12, (%rdi)
	.endr
	.irp op, movss, movsd, movd, movq
	try \op (%rdi), %xmm9
	try \op %xmm2, (%rdi)
	.endr
	.irp op, movlps, movlpd, movhps, movhpd
	try \op (%rdi), %xmm1
	try \op %xmm15, (%rdi)
	.endr
	try .byte 0x66, 0x48, 0x0f, 0x6e, 0x07	/* movq, as movd of 8 bytes */
	try .byte 0x66, 0x48, 0x0f, 0x7e, 0x07
	try lddqu (%rdi), %xmm0
	.irp op, movaps, movapd, movdqa		/* aligned from here on */
	try \op (%rdi), %xmm4
	try \op %xmm14, (%rdi)
	.endr
	.irp op, movntps, movntpd, movntdq
	try \op %xmm5, (%rdi)
	.endr
	.set tries_strings, .
	.globl tries_strings
	.irp op, movs, cmps, stos, lods, scas
	.irp size, b, w, l, q
	try \op\size
	try repe \op\size
	try repne \op\size
	.endr
	.endr
	try .byte 0x67, 0xf3, 0xa4	/* rep movsb, by edi, esi, ecx */
	try .byte 0x67, 0xf3, 0xaf
tries_end:

/* run_here(state): its registers, flags, rip and vectors; they come back. r15 is the
   state's. */
	.text
	.globl run_here
run_here:
	pushq %rbx
	pushq %rbp
	pushq %r12
	pushq %r13
	pushq %r14
	pushq %r15
	movq %rdi, %r15
	fxrstor64 8*20(%r15)
	movq %rsp, 8*18(%r15)
	pushq 8*17(%r15)
	movq (%r15), %rax
	movq 8*1(%r15), %rcx
	movq 8*2(%r15), %rdx
	movq 8*3(%r15), %rbx
	movq 8*5(%r15), %rbp
	movq 8*6(%r15), %rsi
	movq 8*7(%r15), %rdi
	movq 8*9(%r15), %r9
	popfq
	movq 8*4(%r15), %rsp
	jmp *8*16(%r15)
run_back:
	movq %rsp, 8*4(%r15)
	movq 8*18(%r15), %rsp
	pushfq
	popq 8*17(%r15)
	fxsave64 8*20(%r15)
	cld
	movq %rax, (%r15)
	movq %rcx, 8*1(%r15)
	movq %rdx, 8*2(%r15)
	movq %rbx, 8*3(%r15)
	movq %rbp, 8*5(%r15)
	movq %rsi, 8*6(%r15)
	movq %rdi, 8*7(%r15)
	movq %r9, 8*9(%r15)
	popq %r15
	popq %r14
	popq %r13
	popq %r12
	popq %rbp
	popq %rbx
	ret
	.section .note.GNU-stack, "", @progbits
