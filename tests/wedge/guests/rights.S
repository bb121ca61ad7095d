/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * Rights that the guest takes away in one entry, of each level, and gives back:
 * user mode's to a page that it has read, in the lower half; the kernel's to write
 * to one that it has written to, in the upper half. After a load of CR3, and after
 * invlpg, the next access must fault, and the first one behind it must not.
 */
#include "guest.inc"
#include "high.inc"
#include "roots.inc"
#define PAGE (2*PLACE)			/* level-4 entry 2 */
#define UPPER SLOT_VA(300)
#define U 4
#define W 2
#define WP 0x10000
	.globl start

/* Leads to a page by entry \root_index of the root at rbx. */
.macro tree name, root_index
	physical \name\()3, 0x67
	movq %rax, 8*\root_index(%rbx)
	entry \name\()3, 0, \name\()2
	entry \name\()2, 0, \name\()1
	entry \name\()1, 0, \name\()0
.endm
/* Calls \routine: how many of its two accesses must fault. */
.macro tries routine, faults, number
	movb $0, faulted(%rip)
	call \routine
	cmpb $\faults, faulted(%rip)
	expect e, \number
.endm
.macro flush_all
	movq %cr3, %rax
	movq %rax, %cr3
.endm
.macro flush_page address
	movabsq $\address, %rax
	invlpg (%rax)
.endm
/* \bit goes and comes back in the entry at rbx; numbers from \number on. */
.macro changes routine, bit, address, number
	tries \routine, 0, \number
	andq $~\bit, (%rbx)
	flush_all
	tries \routine, 2, \number+1
	orq $\bit, (%rbx)
	flush_all
	tries \routine, 0, \number+2
	andq $~\bit, (%rbx)
	flush_page \address
	tries \routine, 2, \number+3
	orq $\bit, (%rbx)
	flush_page \address
	tries \routine, 0, \number+4
.endm
/* \body for each of \entries, which rbx leads to. */
.macro each_level entries, body:vararg
	leaq \entries(%rip), %rbp
77:	movq (%rbp), %rbx
	\body
	addq $8, %rbp
	cmpq $0, (%rbp)
	jne 77b
.endm

start:
	go_high
	subq $1024, %rsp		/* traps of user mode come above */
	movq %cr0, %rax
	orq $WP, %rax
	movq %rax, %cr0
	gate 14, fault
	gate 0x80, back, 0xee00
	movq $HIGH, %rbx
	movq %cr3, %rax
	addq %rax, %rbx
	leaq 8*2(%rbx), %rax
	movq %rax, lower_entries(%rip)
	leaq 8*SLOT(300)(%rbx), %rax
	movq %rax, upper_entries(%rip)
	tree code, 1
	tree page, 2
	tree upper, SLOT(300)
	flush_all
	movl $0x078a078a, code0(%rip)	/* movb (%rdi), %al, twice */
	movw $0x80cd, 4+code0(%rip)	/* int $0x80 */
	print "guest: begin\n"
	entry page1, 32, code0, 0x63	/* the kernel's, beside one of user mode's */
	tries user_reads_page, 0, 5
	movabsq $PAGE+32*4096, %rdi
	tries user_reads, 2, 6
	each_level lower_entries, changes user_reads_page, U, PAGE, 10
	print "guest: user mode reads what it may\n"
	each_level upper_entries, changes kernel_writes, W, UPPER, 20
	print "guest: the kernel writes where it may\n"
	/* User mode's, and used by the kernel before and behind the change. */
	leaq upper1(%rip), %rbx
	tries kernel_writes, 0, 30
	andq $~U, (%rbx)
	flush_all
	tries kernel_writes, 0, 31
	movabsq $UPPER, %rdi
	tries user_reads, 2, 32
	print "guest: what was user mode's is the kernel's\n"
	finish 0x10

kernel_writes:
	movabsq $UPPER, %rdi
kernel_stores:
	movb %al, (%rdi)		/* 2 bytes, as user mode's load */
	movb %al, (%rdi)
	ret

user_reads_page:
	movabsq $PAGE, %rdi
user_reads:
	movq %rsp, kernel_rsp(%rip)
	movabsq $PLACE, %rax
	pushq $USER_SS
	pushq $0x7777
	pushq $0x2
	pushq $USER_CS
	pushq %rax
	iretq
back:	movq kernel_rsp(%rip), %rsp
	ret

fault:	incb faulted(%rip)
	testb $3, 16(%rsp)
	jnz 1f
	leaq kernel_stores(%rip), %rax
	negq %rax
	addq 8(%rsp), %rax
	testq $~2, %rax			/* one of the two */
	expect z, 3
1:	addq $2, 8(%rsp)
	addq $8, %rsp
	iretq

	.data
	.balign 8
lower_entries: .quad 0, page3+HIGH, page2+HIGH, page1+HIGH, 0
upper_entries: .quad 0, upper3+HIGH, upper2+HIGH, upper1+HIGH, 0
	.bss
	.balign 8
kernel_rsp: .quad 0
faulted: .byte 0
	.balign 4096
.irp name, code, page, upper
\name\()3: .skip 4096
\name\()2: .skip 4096
\name\()1: .skip 4096
\name\()0: .skip 4096
.endr
	.skip 8192
stack_top:
