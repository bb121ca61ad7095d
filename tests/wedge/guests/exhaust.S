/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * More shadow tables than there are: user mode reads a word in each 2 MiB of
 * STRETCHES, all of which one table of the guest's maps, again and again and by turns
 * in two address spaces. After each word the kernel maps a page at another place of
 * the upper half and counts there; the last LIVE of these places stay. A processor
 * has no tables to run out of; here nothing may be lost when they do, whoever needs
 * the next one.
 */
#include "guest.inc"
#include "high.inc"
#include "roots.inc"
#define STRETCHES 4096		/* twice the tables for the memory that the test gives */
#define LIVE 256		/* a power of 2, more than the upper half's reserve */
#define KERNEL SLOT_VA(448)
#define WORD 0x1000		/* in a stretch */
#define STEP 0x200000

	.globl start
start:
	go_high
	port_write 0xff, 0x21
	port_write 0xff, 0xa1
	gate 14, fault
	gate 13, fault
	gate 0x80, user_calls, 0xee00
	call make_tables
	print "guest: begin\n"
	load root_a
	call user_round
	expect e, 1
	print "guest: one address space\n"
	load root_b
	call user_round
	expect e, 2
	load root_a
	call user_round
	expect e, 3
	load root_b
	call user_round
	expect e, 4
	print "guest: two address spaces\n"
	call look_again
	print "guest: nothing was lost\n"
	finish 0x10
fault:	print "guest: fault\n"
	finish 3

/* User mode reads a word of each stretch. */
user_round:
	popq %rbp
	pushq $USER_SS
	pushq $0
	pushq $0x202
	pushq $USER_CS
	movq $PLACE, %rax
	pushq %rax
	iretq
/* eax: 0 for another place of the kernel's, 1 for the end; rdx: what was read. */
user_calls:
	testl %eax, %eax
	jnz 1f
	call map_another
	iretq
1:	leaq stack_top(%rip), %rsp
	cmpq $STRETCHES, %rdx		/* as many words of 1 */
	jmp *%rbp

/* What is new needs no flush, for it was not present before. */
map_another:
	pushq %rcx
	pushq %rdi
	physical k1, 0x63
	movl places(%rip), %ecx
	testl $1, %ecx			/* equal neighbours would share a shadow */
	jz 1f
	addq $4096, %rax
1:	andl $2 * LIVE - 1, %ecx
	leaq k2(%rip), %rdi
	movq %rax, (%rdi,%rcx,8)
	call place_at
	incl (%rdi)
	movl places(%rip), %ecx
	subl $LIVE, %ecx
	js 2f
	andl $2 * LIVE - 1, %ecx
	leaq k2(%rip), %rdi
	movq $0, (%rdi,%rcx,8)
	call place_at
	invlpg (%rdi)
2:	incl places(%rip)
	popq %rdi
	popq %rcx
	ret

/* rdi: the address of place ecx; clobbers rax. */
place_at:
	movl %ecx, %edi
	shlq $21, %rdi
	movq $KERNEL, %rax
	addq %rax, %rdi
	ret

/* By the places that are left: each of the two pages was counted up half of the
   times. */
look_again:
	movl $2 * LIVE - 1, %ecx
	andl places(%rip), %ecx
	movl $LIVE, %edx
1:	decl %ecx
	andl $2 * LIVE - 1, %ecx
	call place_at
	cmpl $2 * STRETCHES, (%rdi)
	expect e, 5
	decl %edx
	jnz 1b
	cmpl $4 * STRETCHES, places(%rip)
	expect e, 6
	ret

make_tables:
	movq %cr3, %rsi
	leaq root_a(%rip), %rdi		/* what the kernel has */
	movl $512, %ecx
	rep movsq
	entry root_a, 1, l3
	entry root_a, (KERNEL >> 39 & 511), k3
	leaq root_a(%rip), %rsi
	leaq root_b(%rip), %rdi
	movl $512, %ecx
	rep movsq
	leaq l3(%rip), %rdi
	physical l2, 0x67
	movl $STRETCHES / 512, %ecx
	rep stosq
	leaq l2(%rip), %rdi
	physical l1, 0x67
	movl $512, %ecx
	rep stosq
	entry l1, 0, code
	entry l1, 1, data
	entry k3, 0, k2
	entry k1, 0, page_a
	entry k1 + 4096, 0, page_b
	leaq user_code(%rip), %rsi
	leaq code(%rip), %rdi
	movl $(user_end - user_code), %ecx
	rep movsb
	movq $1, data(%rip)
	ret

user_code:
	movq $PLACE + WORD, %rdi
	xorl %edx, %edx
	movl $STRETCHES, %ecx
1:	addq (%rdi), %rdx
	xorl %eax, %eax
	.byte 0xcd, 0x80
	addq $STEP, %rdi
	decl %ecx
	jnz 1b
	movl $1, %eax
	.byte 0xcd, 0x80
user_end:
	.bss
places:	.skip 4
	.balign 4096
root_a:	.skip 4096
root_b:	.skip 4096
l3:	.skip 4096
l2:	.skip 4096
l1:	.skip 4096
code:	.skip 4096
data:	.skip 4096
k3:	.skip 4096
k2:	.skip 4096
k1:	.skip 8192
page_a:	.skip 4096
page_b:	.skip 4096
	.skip 4096
stack_top:
