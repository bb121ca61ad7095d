/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * A stack of four pages that is mapped anew in the kernel's half, without a
 * flush, touched at its top alone and then used down to its last page: with
 * exceptions, which a hypervisor may push onto it, in each page.
 */
#include "guest.inc"
#define STACK SLOT_VA(402)
#define PAGES 4
	.globl start
start:
	leaq stack_top(%rip), %rsp
	cld
	movq %cr3, %rbx
	leaq pdpt+3(%rip), %rax
	movq %rax, SLOT(402)*8(%rbx)
	leaq pd+3(%rip), %rax
	movq %rax, pdpt(%rip)
	leaq pt+3(%rip), %rax
	movq %rax, pd(%rip)
	/* The first one is there before: the shadow has its tables already. */
	leaq frames+3(%rip), %rax
	movq %rax, pt(%rip)
	movabsq $STACK, %rdi
	movq %rdi, (%rdi)
	leaq pt+8(%rip), %rdi
	movl $PAGES-1, %ecx
1:	addq $4096, %rax
	stosq
	loop 1b
	print "guest: begin\n"
	movabsq $STACK+PAGES*4096, %rdi
	movq %rdi, -8(%rdi)
	movq %rdi, %rsp
	movl $PAGES, %ebp
2:	subq $4096-64, %rsp
	pushq %rbp
	.byte 0xfa			/* cli that nobody recorded: it traps */
	xorl %eax, %eax
	cpuid
	popq %rax
	cmpq %rax, %rbp
	expect e, 1
	decl %ebp
	jnz 2b
	print "guest: a new stack\n"
	finish 0x10
	.bss
	.balign 4096
pdpt:	.skip 4096
pd:	.skip 4096
pt:	.skip 4096
frames:	.skip 4096*PAGES
	.skip 4096
stack_top:
