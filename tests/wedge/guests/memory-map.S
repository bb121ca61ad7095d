/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * The memory map that the boot protocol hands over (zero page, e820): no memory is
 * where the local APIC is, and what lies from 4 GiB on can be written to, each MiB of
 * it a word of its own.
 */
#include "guest.inc"
#define BP_E820_COUNT 0x1e8
#define BP_E820 0x2d0
#define E820_SIZE 20
#define E820_RAM 1
#define LAPIC 0xfee00000
#define HIGH_START 0x100000000
#define STEP 0x100000

	.globl start
start:
	leaq stack_top(%rip), %rsp
	movzbl BP_E820_COUNT(%rsi), %ebp
	leaq BP_E820(%rsi), %rbx
	call map_high
1:	cmpl $E820_RAM, 16(%rbx)
	jne 2f
	movq (%rbx), %rdi
	movq 8(%rbx), %rdx
	addq %rdi, %rdx			/* [rdi, rdx) */
	movl $LAPIC, %eax
	subq %rdi, %rax
	cmpq 8(%rbx), %rax
	expect ae, 1
	movq $HIGH_START, %rax
	cmpq %rax, %rdi
	jb 2f
	call fill
2:	addq $E820_SIZE, %rbx
	decl %ebp
	jnz 1b
	cmpl $0, above(%rip)
	je 3f
	print "guest: memory beyond 4 GiB\n"
3:	print "guest: the map is right\n"
	finish 0x10

/* A word in each MiB, its address; then they are read. */
fill:	movl $1, above(%rip)
	movq %rdi, %rcx
1:	movq %rcx, (%rcx)
	addq $STEP, %rcx
	cmpq %rdx, %rcx
	jb 1b
	movq %rdi, %rcx
2:	cmpq %rcx, (%rcx)
	expect e, 2
	addq $STEP, %rcx
	cmpq %rdx, %rcx
	jb 2b
	ret

/* 16 GiB from 4 GiB on, where they are, in pages of 2 MiB. */
map_high:
	leaq pds(%rip), %rdi
	movq $HIGH_START + 0x83, %rax
	movl $16 * 512, %ecx
1:	movq %rax, (%rdi)
	addq $0x200000, %rax
	addq $8, %rdi
	decl %ecx
	jnz 1b
	movq %cr3, %rax
	movq (%rax), %rdi
	andq $~0xfff, %rdi
	leaq pds+3(%rip), %rax
	movl $4, %ecx
2:	movq %rax, (%rdi,%rcx,8)
	addq $4096, %rax
	incl %ecx
	cmpl $20, %ecx
	jne 2b
	movq %cr3, %rax
	movq %rax, %cr3
	ret
	.bss
above:	.skip 4
	.balign 4096
pds:	.skip 16 * 4096
	.skip 4096
stack_top:
