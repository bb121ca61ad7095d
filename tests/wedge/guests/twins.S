/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * Page-table isolation: a root for the kernel and one for user mode, in
 * neighbouring frames, which share what hangs below. What changes in either must
 * be seen on both; what the lower halves come to differ in, on one.
 */
#include "guest.inc"
#include "high.inc"
#include "roots.inc"
#define OTHER (2 << 39)
#define OWN SLOT_VA(300)			/* slot 300: the kernel's root alone has it */
#define EFER 0xc0000080
#define NXE (1 << 11)
.macro sees place, want, number
	movabsq $\place, %rdi
	cmpq $\want, (%rdi)
	expect e, \number
.endm
/* Reading \place faults. */
.macro misses place, number
	leaq 6f(%rip), %rax
	movq %rax, missed(%rip)
	movabsq $\place, %rdi
	movq (%rdi), %rax
	movl $\number, %eax
	movl $0xf4, %edx
	outb %al, %dx
	hlt
6:
.endm
	.globl start
start:
	go_high
	movl $EFER, %ecx
	rdmsr
	orl $NXE, %eax
	wrmsr
	gate 14, page_fault
	movq %cr3, %rsi
	leaq kernel_root(%rip), %rdi
	movl $512, %ecx
	rep movsq
	movq %cr3, %rsi
	leaq user_root(%rip), %rdi
	movl $512, %ecx
	rep movsq
	entry kernel_root, SLOT(300), own_pdpt
	entry own_pdpt, 0, own_pd
	entry own_pd, 0, own_pt
	entry own_pt, 0, frame_1, 0x63
	entry user_root, 1, pdpt
	entry kernel_root, 1, pdpt
	btsq $63, kernel_root+8(%rip)	/* the kernel executes nothing of it */
	entry pdpt, 0, pd
	entry pd, 0, pt
	entry pt, 0, frame_1
	entry pt, 1, user_page
	movq $1, frame_1(%rip)
	movq $2, frame_2(%rip)
	movq $3, frame_3(%rip)
	movl $0x80cd, user_page(%rip)	/* int $0x80 */
	load kernel_root
	sees PLACE, 1, 1
	sees OWN, 1, 2
	load user_root
	movabsq $PLACE+0x1000, %rbx
	visit_user %rbx
	print "guest: begin\n"
	/* The kernel's root has its own again, and what both have. */
	load kernel_root
	sees OWN, 1, 3
	sees PLACE, 1, 4
	/* Changed on either, seen on both. */
	entry pt, 0, frame_2
	load user_root
	sees PLACE, 2, 5
	entry pt, 0, frame_3
	entry own_pt, 0, frame_2, 0x63
	load kernel_root
	sees PLACE, 3, 6
	sees OWN, 2, 7
	entry own_pt, 0, frame_3, 0x63
	load user_root
	load kernel_root
	sees OWN, 3, 8
	/* Another table of the kernel's own in the old one's place. */
	entry other_pt, 0, frame_1, 0x63
	entry own_pd, 0, other_pt
	load user_root
	load kernel_root
	sees OWN, 1, 9
	entry other_pt, 0, frame_2, 0x63
	load kernel_root
	sees OWN, 2, 10
	/* To and fro, with user mode in between. */
	movl $100, %ebp
1:	load user_root
	movabsq $PLACE+0x1000, %rbx
	visit_user %rbx
	load kernel_root
	decl %ebp
	jnz 1b
	sees OWN, 2, 11
	print "guest: as one\n"
	/* User mode's root alone comes to have a place. */
	load user_root
	entry user_root, 2, pdpt
	sees OTHER, 3, 12
	load kernel_root
	misses OTHER, 13
	load user_root
	sees OTHER, 3, 14
	/* And then another one, where both have been the same. */
	entry other_pt, 0, frame_1
	entry pd_b, 0, other_pt
	entry pdpt_b, 0, pd_b
	entry user_root, 1, pdpt_b
	load user_root
	sees PLACE, 1, 15
	load kernel_root
	sees PLACE, 3, 16
	entry pt, 0, frame_2
	movabsq $PLACE, %rdi
	invlpg (%rdi)
	sees PLACE, 2, 17
	load user_root
	sees PLACE, 1, 18
	print "guest: each on its own\n"
	finish 0x10
page_fault:
	addq $8, %rsp
	movq missed(%rip), %rax
	movq %rax, (%rsp)
	iretq
	.bss
	.balign 8192
kernel_root: .skip 4096
user_root: .skip 4096
pdpt:	.skip 4096
pd:	.skip 4096
pt:	.skip 4096
pdpt_b:	.skip 4096
pd_b:	.skip 4096
own_pdpt: .skip 4096
own_pd:	.skip 4096
own_pt:	.skip 4096
other_pt: .skip 4096
frame_1: .skip 4096
frame_2: .skip 4096
frame_3: .skip 4096
user_page: .skip 4096
	.skip 4096
stack_top:
missed:	.quad 0
