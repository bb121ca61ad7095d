/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * Two address spaces that differ at one place, and what each must see there
 * after loads of CR3 and invlpg: tables that change while another space runs,
 * that are linked elsewhere, that two spaces share, that become something else.
 * User mode has run first, so all of it is done by what is kept for a space.
 */
#include "guest.inc"
#include "high.inc"
#include "roots.inc"
/* What stands at PLACE + \offset is frame number \want. */
.macro sees offset, want, number
	movabsq $PLACE+\offset, %rdi
	cmpq $\want, (%rdi)
	expect e, \number
.endm
.macro forget offset
	movabsq $PLACE+\offset, %rdi
	invlpg (%rdi)
.endm
	.globl start
start:
	go_high
	movq %cr3, %rsi			/* the boot tables are in both */
	leaq root_a(%rip), %rdi
	movl $512, %ecx
	rep movsq
	movq %cr3, %rsi
	leaq root_b(%rip), %rdi
	movl $512, %ecx
	rep movsq
	entry root_a, 1, pdpt_a
	entry pdpt_a, 0, pd_a
	entry pd_a, 0, pt_a
	entry pt_a, 0, frame_1
	entry root_b, 1, pdpt_b
	entry pdpt_b, 0, pd_b
	entry pd_b, 0, pt_b
	entry pt_b, 0, frame_2
	movq $1, frame_1(%rip)
	movq $2, frame_2(%rip)
	movq $3, frame_3(%rip)
	entry pt_a, 1, user_page
	movl $0x80cd, user_page(%rip)	/* int $0x80 */
	load root_a
	movabsq $PLACE+0x1000, %rbx
	visit_user %rbx
	print "guest: begin\n"
	sees 0, 1, 1
	load root_b
	sees 0, 2, 2
	/* A's table changes while B runs. */
	entry pt_a, 0, frame_3
	load root_a
	sees 0, 3, 3
	/* A change of the space that runs, and of one table only. */
	entry pt_a, 0, frame_1
	forget 0
	sees 0, 1, 4
	/* Another table in its place, above the one that is left alone. */
	entry pd_a, 0, pt_b
	forget 0
	sees 0, 2, 5
	/* B's table is A's now, too; both see what is written there. */
	entry pt_b, 0, frame_3
	load root_b
	sees 0, 3, 6
	load root_a
	sees 0, 3, 7
	entry pt_b, 0, frame_1
	load root_a
	sees 0, 1, 8
	load root_b
	sees 0, 1, 9
	/* A's old table is data, then a level-3 table, then a root. */
	leaq pt_a(%rip), %rdi
	orq $-1, %rax
	movl $512, %ecx
	rep stosq
	load root_a
	sees 0, 1, 10
	leaq pt_a(%rip), %rdi
	xorl %eax, %eax
	movl $512, %ecx
	rep stosq
	entry pt_a, 0, pd_b
	entry root_a, 1, pt_a
	load root_a
	sees 0, 1, 11
	leaq root_a(%rip), %rsi
	leaq pt_a(%rip), %rdi
	movl $512, %ecx
	rep movsq
	entry pt_a, 1, pdpt_b
	load pt_a
	sees 0, 1, 12
	entry pt_b, 0, frame_2
	load root_b
	sees 0, 2, 13
	load pt_a
	sees 0, 2, 14
	/* Many roots in turn, each with a page of its own. */
	movl $600, %ebp
1:	leaq root_a(%rip), %rsi
	movl %ebp, %edi
	andl $63, %edi
	shll $12, %edi
	leaq roots(%rip), %rax
	addq %rax, %rdi
	movq %rdi, %rbx
	movl $512, %ecx
	rep movsq
	physical pdpt_b, 0x67
	movq %rax, 8(%rbx)
	movl %ebp, frame_3(%rip)
	entry pt_b, 0, frame_3
	subq %rcx, %rbx
	movq %rbx, %cr3
	movabsq $PLACE, %rdi
	cmpl %ebp, (%rdi)
	expect e, 15
	decl %ebp
	jnz 1b
	print "guest: each its own\n"
	finish 0x10
	.bss
	.balign 4096
root_a:	.skip 4096
root_b:	.skip 4096
pdpt_a:	.skip 4096
pdpt_b:	.skip 4096
pd_a:	.skip 4096
pd_b:	.skip 4096
pt_a:	.skip 4096
pt_b:	.skip 4096
frame_1: .skip 4096
frame_2: .skip 4096
frame_3: .skip 4096
user_page: .skip 4096
roots:	.skip 64*4096
	.skip 4096
stack_top:
