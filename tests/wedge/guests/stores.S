/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * A page table is changed by an instruction that a wedge carries out (sgdt), and by
 * stores of the guest's own. The change counts from the next load of CR3 on, again and
 * again.
 */
#include "guest.inc"
#include "high.inc"
#include "users.inc"
#include "roots.inc"
	.globl start

/* Entry 1 of the table leads to \frame; what stands there must be \word. */
.macro leads_to frame, word
	movl $\word, \frame(%rip)
	physical \frame, 0x63
.endm
.macro see word, number
	movq %cr3, %rax
	movq %rax, %cr3
	movq $PLACE, %rdi
	cmpl $\word, 0x1000(%rdi)
	expect e, \number
.endm
.macro own_store frame, word, number
	leads_to \frame, \word
	movq %rax, l1+8(%rip)
	see \word, \number
.endm
/* sgdt writes ten bytes: the limit, and the base, which is the entry. */
.macro sgdt_store frame, word, number
	leads_to \frame, \word
	movq gdtr+2(%rip), %rbx
	movq %rax, gdtr+2(%rip)
	lgdt gdtr(%rip)
	sgdt l1+8-2(%rip)
	movq %rbx, gdtr+2(%rip)
	lgdt gdtr(%rip)
	see \word, \number
.endm
start:
	go_high
	movq %cr3, %rbx
	entry l2, 0, l1
	entry l3, 0, l2
	physical l3, 0x63
	movq %rax, 8(%rbx)
	make_user program, program_end
	gate 6, undefined
	visit 0				/* the kernel's tables are looked at otherwise from then on */
	movl $200, %ebp
1:	own_store a, 0x1111, 1
	sgdt_store b, 0x2222, 2
	sgdt_store c, 0x3333, 3
	own_store b, 0x4444, 4
	sgdt_store a, 0x5555, 5
	decl %ebp
	jnz 1b
	print "guest: each change was seen\n"
	finish 0x10

	entered undefined, 'U'
program:
	ud2
program_end:

	.bss
	.balign 4096
l3:	.skip 4096
l2:	.skip 4096
l1:	.skip 4096
a:	.skip 4096
b:	.skip 4096
c:	.skip 4096
	.skip 4096
stack_top:
